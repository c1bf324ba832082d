import type { ChatCompletions, Messages, Runs, RunSteps } from "@effect-openai/core"
import * as Server from "./server.js"

// -----------------------------------------------------------------------------
// objects
// -----------------------------------------------------------------------------

export const ids = { thread_id: "thread_1", run_id: "run_1" }

/** A run. The status may be undocumented. */
export const run = (status = "queued", fields: object = {}): Runs.Run => ({
  id: ids.run_id,
  object: "thread.run",
  created_at: 1_699_009_709,
  thread_id: ids.thread_id,
  assistant_id: "asst_1",
  status: status as Runs.Run["status"],
  required_action: null,
  last_error: null,
  expires_at: null,
  started_at: null,
  cancelled_at: null,
  failed_at: null,
  completed_at: null,
  incomplete_details: null,
  model: "gpt-4-turbo",
  instructions: null,
  tools: [],
  file_ids: [],
  metadata: {},
  usage: null,
  ...fields
})

/** A call of a function: ID, name, arguments. */
export type Call = readonly [id: string, name: string, args: string]

export const toolCall = ([id, name, args]: Call) => ({
  id,
  type: "function" as const,
  function: { name, arguments: args }
})

/** A run that requires the outputs of these calls. */
export const requiresAction = (...calls: ReadonlyArray<Call>): Runs.Run =>
  run("requires_action", {
    required_action: {
      type: "submit_tool_outputs",
      submit_tool_outputs: { tool_calls: calls.map(toolCall) }
    }
  })

export const message = (id = "msg_1", content: Messages.Message["content"] = []): Messages.Message => ({
  id,
  object: "thread.message",
  created_at: 1_699_009_709,
  thread_id: ids.thread_id,
  role: "assistant",
  content,
  assistant_id: "asst_1",
  run_id: ids.run_id,
  file_ids: [],
  metadata: {}
})

export const text = (value: string) => ({ type: "text" as const, text: { value, annotations: [] } })

export const step = (id: string, step_details: RunSteps.RunStep["step_details"]): RunSteps.RunStep => ({
  id,
  object: "thread.run.step",
  created_at: 1_699_009_709,
  assistant_id: "asst_1",
  thread_id: ids.thread_id,
  run_id: ids.run_id,
  type: step_details.type as RunSteps.RunStep["type"],
  status: "in_progress",
  step_details,
  last_error: null,
  cancelled_at: null,
  failed_at: null,
  completed_at: null,
  usage: null
})

type Completion = ChatCompletions.CreateChatCompletionResponse
type Chunk = ChatCompletions.CreateChatCompletionStreamResponse

/** A chat completion. */
export const completion = (
  message: object,
  finish_reason: Completion["choices"][number]["finish_reason"] = "stop"
): Completion => ({
  id: "chatcmpl_1",
  object: "chat.completion",
  created: 1_699_009_709,
  model: "gpt-4o",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }]
})

/** A chunk of a chat completion: the delta of the first choice. */
export const chunk = (
  delta: ChatCompletions.StreamResponseDelta,
  fields: object = {},
  index = 0
): Chunk => ({
  id: "chatcmpl_1",
  object: "chat.completion.chunk",
  created: 1_699_009_709,
  model: "gpt-4o",
  choices: [{ index, delta, finish_reason: null }],
  ...fields
})

// -----------------------------------------------------------------------------
// events
// -----------------------------------------------------------------------------

/** An event on the wire. A text is sent unchanged. */
export const event = (data: unknown, name?: string): string =>
  `${name === undefined ? "" : `event: ${name}\n`}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`

export const done = event("[DONE]")

const eventStream = { "content-type": "text/event-stream" }

/** A streamed response in memory, in chunks. */
export const answer = (...pieces: ReadonlyArray<string | Uint8Array>): Response =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) {
          controller.enqueue(typeof piece === "string" ? new TextEncoder().encode(piece) : piece)
        }
        controller.close()
      }
    }),
    { headers: eventStream }
  )

/** A streamed response, with a turn of the event loop after each chunk. */
export const reply = (...pieces: ReadonlyArray<string | Uint8Array>): Server.Script =>
  Server.pieces(pieces, eventStream)

/** A streamed response whose connection ends, or is reset, within the body. */
export const broken = (body: string, then: "end" | "reset"): Server.Script =>
  Server.raw(
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n" +
      `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`,
    then
  )
