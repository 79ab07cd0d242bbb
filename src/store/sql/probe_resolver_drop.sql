-- probe_resolver_drop: an operator's resolvers are asked no more
-- $1 operator
DELETE FROM probe_resolver WHERE operator = $1;
