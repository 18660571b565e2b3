"""Vendors of sources who are not: a server of its own that answers as Tencent and Alibaba document it.

It is made from their tables (`tencent.toml`, `alibaba.toml`) and shares no line with our adapters, so that these can be
proved against it: it verifies signature, time window, nonce, required fields and picture limits, and answers **by what
is asked**, so that every documented code can be had:

- the name ends in 不符 (does not match), 查无 (unknown), 无照 (no photo on record), 不像 (another face), 半答 (two
  factors answer, faces do not), 限额 (asked too often today), 欠费 (our account is in arrears), 超时 (never answered),
  稍后 (not answered the first time). A name with 䶮 is on record in its private-use form only;
- digits 15 to 17 of the ID number, the last four of a phone number, or the four before a card's check digit, are
  800 + n, 8000 + n, 8000 + n: the n-th code of the action's table, counted from 0;
- a message to …7404 is taken, and its acceptance never answered; to …1 it does not arrive, of …2 nothing is known yet;
- anything else is in order.

`GET /tally` says what was asked and how it was answered, without names. Started by `python -m shiming.vendor_server`.
"""
