/**
 * A model behind any server that implements chat completions, called by the client of this library: so the emulator brings
 * Assistants to servers without them.
 *
 * @since 0.1.0
 */
import * as ChatCompletions from "@effect-openai/client/ChatCompletions"
import * as OpenAiClient from "@effect-openai/client/OpenAiClient"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as ConfigError from "effect/ConfigError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { type Passage, search } from "./internal/search.js"
import * as Model from "./Model.js"

/**
 * Where the model is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The server, as a client takes it: `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string
  /** The key, where the server asks for one. */
  readonly apiKey?: Redacted.Redacted | undefined
  /** Default: the model that a request names. The model that every request to the server names instead. */
  readonly model?: string | undefined
  /** Default: 10 minutes. The timeout of one response. */
  readonly timeout?: Duration.DurationInput | undefined
}

// -----------------------------------------------------------------------------
// request
// -----------------------------------------------------------------------------

type Request = ChatCompletions.CreateRequest

const maxPassages = 8

/** Maximum size of a response, or of one event of it. */
const maxBodyBytes = 16 * 1024 * 1024

/** How a passage is cited in a reply, and how the API's own citations look. */
const markerOf = (index: number): string => `【${index}†source】`

const systemOf = (instructions: string, passages: ReadonlyArray<Passage>): string =>
  passages.length === 0 ? instructions : [
    ...(instructions === "" ? [] : [instructions]),
    "Excerpts of the files at hand follow. Where you use one, put its marker behind what you took from it.",
    ...passages.map(({ filename, quote }, index) => `${markerOf(index)} ${filename}: ${quote}`)
  ].join("\n\n")

const requestOf = (prompt: Model.Prompt, model: string, passages: ReadonlyArray<Passage>): Request => {
  const { format, instructions, messages, toolCalls, toolChoice, tools } = prompt
  const functions = tools.flatMap((tool) => tool.type === "function" ? [tool] : [])
  const calls = toolCalls.flatMap((call) => call.type === "function" ? [call] : [])
  const system = systemOf(instructions, passages)
  return {
    model,
    messages: [
      ...(system === "" ? [] : [{ role: "system" as const, content: system }]),
      ...messages,
      ...(calls.length === 0 ? [] : [{
        role: "assistant" as const,
        content: null,
        tool_calls: calls.map(({ function: { arguments: text, name }, id }) => ({
          id,
          type: "function" as const,
          function: { name, arguments: text }
        }))
      }]),
      ...calls.map((call) => ({ role: "tool" as const, tool_call_id: call.id, content: call.function.output ?? "" }))
    ],
    ...(functions.length === 0 ? {} : {
      tools: functions as Request["tools"],
      // A function that was forced has been called by now. Forced again, it would be called without end.
      tool_choice: (calls.length > 0 && toolChoice !== "none" ? "auto" : toolChoice) as Request["tool_choice"]
    }),
    ...(format === "text" ? {} : {
      response_format: typeof format === "string"
        ? { type: format }
        : { type: "json_schema", json_schema: { name: "response", schema: format } }
    })
  }
}

// -----------------------------------------------------------------------------
// reply
// -----------------------------------------------------------------------------

/** The passages that a text cites. A marker of no passage stays text. */
const citationsIn = (text: string, passages: ReadonlyArray<Passage>): ReadonlyArray<Model.Citation> =>
  Array.from(text.matchAll(/【(\d+)†[^】]*】/g)).flatMap(({ 0: marker, 1: place, index: start }) => {
    const passage = passages[Number(place)]
    return passage === undefined ? [] : [{ start, marker, fileId: passage.fileId, quote: passage.quote }]
  })

/** The message of an error in another form than OpenAI's: vLLM sends errors without an envelope. */
const messageIn = (body: string): string | undefined => {
  try {
    const { message }: { readonly message?: unknown } = JSON.parse(body)
    return typeof message === "string" ? message : undefined
  } catch {
    return undefined
  }
}

const codeOf = (error: OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError): Model.ModelError["code"] => {
  const status = "status" in error ? error.status : undefined
  if (status === 429) return "rate_limit_exceeded"
  return status === 400 || status === 422 ? "invalid_prompt" : "server_error"
}

const toModelError = (error: OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError): Model.ModelError =>
  new Model.ModelError({
    code: codeOf(error),
    message: (error._tag === "UnexpectedStatusError" ? messageIn(error.body) : undefined) ?? error.message
  })

/** The response in chunks. Without tools or passages it is only text. */
const streamed = (request: Request) =>
  Effect.map(OpenAiClient.OpenAiClient, (client) => {
    let isWhole = true
    const pieces = ChatCompletions.create.stream(request).pipe(
      Stream.mapConcat(({ choices }) =>
        (choices ?? []).flatMap(({ delta, finish_reason }) => {
          if (finish_reason === "length") isWhole = false
          return delta?.content ? [delta.content] : []
        })
      ),
      Stream.mapError(toModelError),
      Stream.provideService(OpenAiClient.OpenAiClient, client)
    )
    return Model.textStream(pieces, () => ({ isWhole }))
  })

/**
 * The complete response: some servers can't stream where there are tools, and only a complete response shows whether it
 * calls any. Its `finish_reason` does not show that, because servers differ there.
 */
const buffered = (request: Request, passages: ReadonlyArray<Passage>) =>
  ChatCompletions.create(request).pipe(
    Effect.mapError(toModelError),
    Effect.flatMap(({ choices: [choice] }) => {
      if (choice === undefined) {
        return new Model.ModelError({ code: "server_error", message: "The model's server returned no choice." })
      }
      const { content, function_call, tool_calls } = choice.message
      const calls = [
        ...(tool_calls ?? []).flatMap((call) => call.type === "function" ? [call.function] : []),
        ...(function_call ? [function_call] : [])
      ]
      if (calls.length > 0) return Effect.succeed(Model.functionCalls(...calls))
      const text = content ?? ""
      return Effect.succeed(Model.text(text, {
        citations: citationsIn(text, passages),
        isWhole: choice.finish_reason !== "length"
      }))
    })
  )

const reply = (prompt: Model.Prompt, options: Options) =>
  Effect.gen(function*() {
    const { files, messages, toolCalls, toolChoice, tools } = prompt
    const question = messages.findLast(({ role }) => role === "user")?.content ?? ""
    const canSearch = toolChoice !== "none" && tools.some(({ type }) => type === "retrieval")
    const passages = canSearch ? yield* search(files, question, maxPassages) : []
    if (passages.length > 0 && !toolCalls.some(({ type }) => type === "retrieval")) return Model.retrieval
    const request = requestOf(prompt, options.model ?? prompt.model, passages)
    return yield* request.tools === undefined && passages.length === 0 ? streamed(request) : buffered(request, passages)
  })

/**
 * The model of a server that implements chat completions: OpenAI's, Ollama, vLLM, llama.cpp, another emulator.
 *
 * A text comes in pieces as the server streams it; where functions may be called or files are cited, it is buffered.
 * `retrieval` puts the lines of the files that have most words of the question before the model, and makes citations of
 * what it cites. `code_interpreter` is not offered, for nothing here runs code. A failure of the server is the run's
 * `last_error`: 429 `rate_limit_exceeded`, 400 and 422 `invalid_prompt`, any other `server_error`.
 *
 * @example
 * import { Emulator } from "@effect-openai/emulator"
 * import * as ChatCompletionsModel from "@effect-openai/emulator/ChatCompletionsModel"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Layer } from "effect"
 *
 * const Assistants = Emulator.layer({
 *   model: ChatCompletionsModel.layer({ baseUrl: "http://127.0.0.1:11434/v1", model: "llama3.1" }).pipe(
 *     Layer.provide(FetchHttpClient.layer)
 *   )
 * })
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<Model.Model, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(
    Model.Model,
    Effect.map(
      // A self-hosted server asks for no key, but the header must not be empty.
      OpenAiClient.make({ ...options, maxBodyBytes, apiKey: options.apiKey ?? Redacted.make("none") }),
      (client): Model.Service => ({
        reply: (prompt) => Effect.provideService(reply(prompt, options), OpenAiClient.OpenAiClient, client)
      })
    )
  )
