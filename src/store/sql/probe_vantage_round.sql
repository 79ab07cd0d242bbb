-- probe_vantage_round: when the last round of a vantage began
-- $1 vantage
SELECT round_us FROM probe_vantage WHERE vantage = $1;
