/** The server's responses, and the counts of a contestant that read all of them: both from the same seed. */
import { seeded } from "./random.js"

export interface Assistant {
  readonly id: string
  readonly object: "assistant"
  readonly created_at: number
  readonly name: string
  readonly description: string | null
  readonly model: string
  readonly instructions: string | null
  readonly tools: ReadonlyArray<unknown>
  readonly file_ids: ReadonlyArray<string>
  readonly metadata: Readonly<Record<string, string>>
}

const words =
  "answer the question of a customer about repairs orders and returns in plain short sentences never promise a date ask for what is missing before you call a function"
    .split(" ")

const sentence = (random: () => number, length: number): string =>
  Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(" ")

/** Of a fixed width, so that the bytes of a page are made once and only its IDs are overwritten. */
export const assistantId = (index: number): string => `asst_${String(index).padStart(24, "0")}`

export const pageSize = 100

/** A typical assistant of about 900 bytes, with instructions, tools and metadata. */
export const assistant = (index: number): Assistant => {
  const random = seeded(index % pageSize)
  return {
    id: assistantId(index),
    object: "assistant",
    created_at: 1_712_000_000 + (index % pageSize),
    name: `Helpdesk ${index % pageSize}`,
    description: random() < 0.3 ? null : sentence(random, 10),
    model: "gpt-4-turbo",
    instructions: sentence(random, 40 + Math.floor(random() * 40)),
    tools: [
      { type: "code_interpreter" },
      { type: "retrieval" },
      {
        type: "function",
        function: {
          name: "look_up_order",
          description: sentence(random, 8),
          parameters: {
            type: "object",
            properties: { order_id: { type: "string" }, country: { type: "string", enum: ["de", "fr", "pt"] } },
            required: ["order_id"]
          }
        }
      }
    ],
    file_ids: Array.from({ length: Math.floor(random() * 3) }, (_, file) => `file-${String(file).padStart(24, "a")}`),
    metadata: { team: "support", shift: String(Math.floor(random() * 3)), revision: String(index % pageSize) }
  }
}

const tokens = [" the", " repair", " takes", " two", " days", ",", " Größe", " naïve", " 🙂", "\n\n", " \"so\"", " and"]

/** The content of each event of a chat stream. The first event has the role, the last the finish reason. */
export const deltas = (events: number): ReadonlyArray<string> => {
  const random = seeded(events)
  return Array.from({ length: events }, (_, index) =>
    index === 0 || index === events - 1
      ? ""
      // One in twelve contains a character that is not ASCII.
      : tokens[random() < 0.75 ? Math.floor(random() * 6) : Math.floor(random() * tokens.length)]!)
}

export const chatEvent = (content: string, index: number, events: number): string =>
  `data: ${
    JSON.stringify({
      id: "chatcmpl-9AbCdEfGhIjKlMnOpQrStUvWxYz12",
      object: "chat.completion.chunk",
      created: 1_712_000_000,
      model: "gpt-4-turbo-2024-04-09",
      system_fingerprint: "fp_44709d6fcb",
      choices: [{
        index: 0,
        delta: index === 0 ? { role: "assistant", content } : index === events - 1 ? {} : { content },
        logprobs: null,
        finish_reason: index === events - 1 ? "stop" : null
      }]
    })
  }\n\n`

export const inputs = 256
export const dimensions = 1536

/** Vectors of 32-bit floats, which both encodings represent exactly. */
export const vectors = (): ReadonlyArray<Float32Array> => {
  const random = seeded(1536)
  return Array.from({ length: inputs }, () => Float32Array.from({ length: dimensions }, () => (random() - 0.5) / 10))
}

export const input = Array.from({ length: inputs }, (_, index) => `text ${index}`) as [string, ...Array<string>]

/** A contestant's counts of what it read. */
export interface Count {
  /** Calls, items, events or vectors. */
  readonly count: number
  /** The sum of one value of each. */
  readonly sum: number
}

export const none: Count = { count: 0, sum: 0 }

/** The fields that are read from each assistant. */
export interface Readable {
  readonly created_at?: number | undefined
  readonly instructions?: string | null | undefined
  readonly tools?: ReadonlyArray<unknown> | undefined
}

export const addAssistant = (total: Count, item: Readable): Count => ({
  count: total.count + 1,
  sum: total.sum + (item.instructions?.length ?? 0) + (item.tools?.length ?? 0) + (item.created_at ?? 0)
})

/** The fields that are read from each chat event. */
export interface Delta {
  readonly choices?:
    | ReadonlyArray<{ readonly delta?: { readonly content?: string | null | undefined } | undefined }>
    | null
    | undefined
}

export const addDelta = (total: Count, event: Delta): Count => ({
  count: total.count + 1,
  sum: total.sum + (event.choices?.[0]?.delta?.content?.length ?? 0)
})

export const addVector = (total: Count, vector: ArrayLike<number>): Count => ({
  count: total.count + 1,
  sum: total.sum + vector[0]! + vector[dimensions - 1]!
})
