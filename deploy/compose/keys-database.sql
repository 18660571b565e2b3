-- The wrapped data keys lie in a database of their own, which the ordinary backup leaves out (docs/retention.md).
CREATE DATABASE shiming_keys;
