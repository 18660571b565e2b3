"""The public API, `/v1`: JSON, OpenAPI 3.1 from the code, problems by RFC 9457."""
