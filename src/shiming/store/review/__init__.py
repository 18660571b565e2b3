"""What reviewers work on: cases, what takes two people, and the numbers of the dashboards."""
