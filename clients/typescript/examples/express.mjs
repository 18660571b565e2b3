// A platform in Express: "go live" asks the gate, the holder verifies on Shiming's pages, a webhook tells the end.
import express from 'express'
import { NotOurs, ok, shiming, ShimingError, verifyWebhook } from 'shiming-client'

const api = shiming({ baseUrl: process.env.SHIMING_URL, key: process.env.SHIMING_KEY })
const app = express()
const seen = new Set() // of deliveries: yours are in a table

app.post('/live', async (request, response) => {
  const account = request.get('x-user') // who is signed in with you
  const path = { account, capability: 'live' }
  const gate = await ok(api.GET('/v1/accounts/{account}/may/{capability}', { params: { path } }))
  if (gate.allowed) return response.json({ live: true })
  response.status(403).json({ live: false, verify: gate.verify_url })
})

app.post('/verify', async (request, response) => {
  const body = { account: request.get('x-user'), level: 'basic', return_url: 'https://your.app/me' }
  const made = await ok(api.POST('/v1/verifications', { body }))
  response.redirect(303, made.url)
})

// The signature is over the bytes as they came: no JSON parser before it.
app.post('/hooks/shiming', express.raw({ type: 'application/json' }), async (request, response) => {
  try {
    const event = await verifyWebhook(request.body, request.headers, process.env.SHIMING_WEBHOOK_SECRET)
    if (!seen.has(event.id)) console.log(event.type, JSON.stringify(event.data))
    seen.add(event.id)
    response.sendStatus(204)
  } catch (fault) {
    if (!(fault instanceof NotOurs)) throw fault
    response.status(400).send(fault.message)
  }
})

app.use((fault, request, response, next) => {
  if (!(fault instanceof ShimingError)) return next(fault)
  response.status(fault.status < 500 ? 422 : 503).json({ code: fault.code, detail: fault.detail, id: fault.requestId })
})

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log('listening', server.address().port))
