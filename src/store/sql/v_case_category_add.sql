-- v_case_category_add: items of a category in a case
-- $1 case
-- $2 category
-- $3 how many more
INSERT INTO v_case_category (casefile, category, items) VALUES ($1, $2, $3)
ON CONFLICT (casefile, category) DO UPDATE SET items = v_case_category.items + excluded.items;
