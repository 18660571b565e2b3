"""Users who were verified elsewhere, and what else an adopter brings along: read, judged by the rules that there are,
written in the order of the file, once. docs/import.md; decision 0024."""
