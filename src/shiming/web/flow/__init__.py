"""The holder's pages under `/v`: the phone's flow (sources in `web/flow`), its guidance, links, codes, simple mode."""
