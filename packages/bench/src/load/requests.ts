/** The requests of the load, over a pool of connections. */
import { setTimeout } from "node:timers/promises"
import { BalancedPool } from "undici"
import { type PartName, partNames, parts, polledRuns, type Sent } from "./parts.js"

const headers = {
  authorization: "Bearer sk-load",
  "openai-beta": "assistants=v1",
  "content-type": "application/json"
}

export const assistant = {
  model: "gpt-4-turbo",
  name: "Helpdesk",
  instructions: "Reply to the question of a customer about repairs, orders and returns in plain, short sentences.",
  tools: [{ type: "code_interpreter" }, { type: "retrieval" }],
  metadata: { team: "support" }
} as const

export const thread = { messages: [{ role: "user", content: "Where is my order?" }] } as const

interface Request {
  readonly method: "GET" | "POST" | "DELETE"
  readonly path: string
  readonly body?: string
}

const create: Request = { method: "POST", path: "/v1/assistants", body: JSON.stringify(assistant) }

const requestOf = (part: PartName, kept: string, created: ReadonlyArray<string>, index: number): Request => {
  switch (part) {
    case "retrieve":
      return { method: "GET", path: `/v1/assistants/${kept}` }
    case "list":
      return { method: "GET", path: "/v1/assistants?limit=100" }
    case "create":
      return create
    case "delete":
      return { method: "DELETE", path: `/v1/assistants/${created[index] ?? kept}` }
    case "stream": {
      return {
        method: "POST",
        path: "/v1/threads/runs",
        body: JSON.stringify({ assistant_id: kept, thread, stream: true })
      }
    }
  }
}

const send = async (pool: BalancedPool, { body, method, path }: Request): Promise<Sent> => {
  const response = await pool.request({ method, path, headers, body: body ?? null })
  const text = await response.body.text()
  if (response.statusCode !== 200) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`)
  return { headers: response.headers as Record<string, string>, body: text }
}

/** A server under load, and the assistants that it has. */
export interface Loaded {
  readonly pool: BalancedPool
  readonly kept: string
  readonly created: Array<string>
}

const idOf = ({ body }: Sent): string => JSON.parse(body).id

/** Connects to servers that have the same store, in turns, and creates the 100 assistants of the list. */
export const connect = async (origins: ReadonlyArray<string>, connections: number): Promise<Loaded> => {
  const pool = new BalancedPool([...origins], { connections: Math.ceil(connections / origins.length) })
  const kept = idOf(await send(pool, create))
  for (let count = 1; count < 100; count++) await send(pool, create)
  return { pool, kept, created: [] }
}

/** Sends all requests of a part, with one in flight per connection. Returns how many per second. */
export const load = async ({ created, kept, pool }: Loaded, part: PartName, connections: number): Promise<number> => {
  const { amount } = parts[part]
  const ids = part === "delete" ? created.splice(0) : created
  let next = 0
  const begin = performance.now()
  await Promise.all(Array.from({ length: connections }, async () => {
    while (next < amount) {
      const response = await send(pool, requestOf(part, kept, ids, next++))
      if (part === "create") created.push(idOf(response))
    }
  }))
  return amount / (performance.now() - begin) * 1000
}

/** Creates runs, and polls each to its end as the server asks for it. */
export const poll = async ({ kept, pool }: Loaded): Promise<void> => {
  for (let count = 0; count < polledRuns; count++) {
    const body = JSON.stringify({ assistant_id: kept, thread })
    const { id, thread_id } = JSON.parse((await send(pool, { method: "POST", path: "/v1/threads/runs", body })).body)
    for (;;) {
      const { body, headers } = await send(pool, { method: "GET", path: `/v1/threads/${thread_id}/runs/${id}` })
      if (JSON.parse(body).status === "completed") break
      await setTimeout(Number(headers["openai-poll-after-ms"] ?? 0))
    }
  }
}

const hopByHop = ["connection", "date", "keep-alive", "transfer-encoding", "content-length"]

/** Responses of an emulator, for the other servers to repeat. */
export const sample = async ({ kept, pool }: Loaded): Promise<Record<PartName, Sent>> => {
  const { id } = JSON.parse((await send(pool, create)).body)
  const all = {} as Record<PartName, Sent>
  for (const part of partNames) {
    const { body, headers } = await send(pool, requestOf(part, kept, [id], 0))
    all[part] = {
      body,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)))
    }
  }
  return all
}
