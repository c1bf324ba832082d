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

/** The text of a completion, of about 600 characters. */
export const completionText = sentence(seeded(600), 110)

const usage = { prompt_tokens: 9, completion_tokens: 120, total_tokens: 129 }

/** A chat completion of that text. */
export const completion = {
  id: "chatcmpl-9AbCdEfGhIjKlMnOpQrStUvWxYz12",
  object: "chat.completion",
  created: 1_712_000_000,
  model: "gpt-4-turbo-2024-04-09",
  choices: [{
    index: 0,
    message: { role: "assistant", content: completionText },
    logprobs: null,
    finish_reason: "stop"
  }],
  usage,
  system_fingerprint: "fp_44709d6fcb"
}

const messageId = "msg_9AbCdEfGhIjKlMnOpQrStUvWxYz12"

const message = (text: string, status: string) => ({
  id: messageId,
  type: "message",
  role: "assistant",
  status,
  content: text === "" ? [] : [{ type: "output_text", text, annotations: [], logprobs: [] }]
})

const responseWith = (output: ReadonlyArray<object>, status: string) => ({
  id: "resp_9AbCdEfGhIjKlMnOpQrStUvWxYz12",
  object: "response",
  created_at: 1_712_000_000,
  model: "gpt-4-turbo-2024-04-09",
  status,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  top_p: 1,
  tool_choice: "auto",
  tools: [],
  output,
  usage: {
    input_tokens: usage.prompt_tokens,
    output_tokens: usage.completion_tokens,
    total_tokens: usage.total_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 }
  }
})

/** The same text as the response of `/responses`. */
export const response = responseWith([message(completionText, "completed")], "completed")

/** The same deltas as events of `/responses`. Each has as many bytes as its chat event, if these are enough. */
export const responseEvents = (events: number): ReadonlyArray<string> => {
  let sequence_number = 0
  const event = (type: string, fields: object, bytes = 0) => {
    const text = JSON.stringify({ type, sequence_number: sequence_number++, ...fields, obfuscation: "" })
    const missing = bytes - `data: ${text}\n\n`.length
    return `data: ${text.slice(0, -2)}${"x".repeat(Math.max(0, missing))}"}\n\n`
  }
  const at = { item_id: messageId, output_index: 0, content_index: 0 }
  return [
    event("response.created", { response: responseWith([], "in_progress") }),
    event("response.output_item.added", { output_index: 0, item: message("", "in_progress") }),
    ...deltas(events).flatMap((delta, index) =>
      delta === ""
        ? []
        : [event("response.output_text.delta", { ...at, delta, logprobs: [] }, chatEvent(delta, index, events).length)]
    ),
    event("response.output_item.done", { output_index: 0, item: message("…", "completed") }),
    event("response.completed", { response: responseWith([message("…", "completed")], "completed") })
  ]
}

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

/** Adds a text that is not empty. */
export const addText = (total: Count, text: string): Count =>
  text === "" ? total : { count: total.count + 1, sum: total.sum + text.length }

export const addVector = (total: Count, vector: ArrayLike<number>): Count => ({
  count: total.count + 1,
  sum: total.sum + vector[0]! + vector[dimensions - 1]!
})
