"""The reviewer's cases."""
