-- Who is refused often is looked for each minute, among refusals alone.
CREATE INDEX access_refused ON access (at_us, who) WHERE outcome <> 'ok';
