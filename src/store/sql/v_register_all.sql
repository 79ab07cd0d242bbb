-- v_register_all: for the digest
SELECT order_id, year, number FROM v_register ORDER BY order_id;
