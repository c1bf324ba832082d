import { ServerError } from "@effect-openai/core/Api"
import type * as Contract from "@effect-openai/core/Completions"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Ids } from "../Ids.js"
import * as Model from "../Model.js"
import { type Service, Tokenizer } from "../Tokenizer.js"
import { api } from "./api.js"
import { now } from "./documents.js"
import { ask } from "./engine/prompt.js"
import { usageOf } from "./engine/usage.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { bill, type Usage, whenEnded } from "./organization/meter.js"
import { RateLimits } from "./rateLimits.js"
import { fromModelError, limited, type TextFinishReason } from "./reply.js"
import * as Completions from "./rules/completions.js"
import { check } from "./rules/rule.js"
import * as Sse from "./sse.js"
import { forEachChunk } from "./streams.js"

type Request = Contract.CreateCompletionRequest
type Chunk = Contract.CreateCompletionStreamResponse

const startOfDocument = "<|endoftext|>"

/** The prompts as texts. There is no vocabulary, so tokens are written as their numbers. */
const promptsOf = ({ prompt }: Request): ReadonlyArray<string> => {
  const textOf = (prompt: string | ReadonlyArray<number>) => typeof prompt === "string" ? prompt : prompt.join(" ")
  if (prompt === null) return [startOfDocument]
  if (typeof prompt === "string") return [prompt]
  return typeof prompt[0] === "number"
    ? [textOf(prompt as ReadonlyArray<number>)]
    : (prompt as ReadonlyArray<string | ReadonlyArray<number>>).map(textOf)
}

const isChatModel = (model: string) => /^(?:ft:)?(gpt-4|o1|chatgpt|gpt-3\.5-turbo(?!-instruct))/.test(model)

const notSupported = new ServerError({
  status: 404,
  param: "model",
  message: "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use " +
    "v1/chat/completions?"
})

/** Every token is certain: the model is deterministic. */
const logprobsOf = (
  { logprobs, model }: Request,
  text: string,
  offset: number,
  { tokenize }: Service
): NonNullable<Chunk["choices"]>[number]["logprobs"] => {
  if (logprobs == null) return null
  const all = tokenize(text, model)
  let position = offset
  return {
    tokens: all,
    token_logprobs: all.map(() => 0),
    top_logprobs: all.map((token) => logprobs === 0 ? {} : { [token]: 0 }),
    text_offset: all.map((token) => {
      const start = position
      position += token.length
      return start
    })
  }
}

/** The chunks of a completion: first the prompt, if it is returned. */
const complete = (request: Request, prompt: string, tokenizer: Service) =>
  ask({
    model: request.model,
    instructions: "",
    messages: [{ role: "user", content: prompt }],
    tools: [],
    toolChoice: "none",
    format: "text",
    files: [],
    toolCalls: []
  }).pipe(
    Effect.filterOrFail(
      (reply): reply is Model.Text => reply._tag === "Text",
      () => new Model.ModelError({ code: "server_error", message: "The model used a tool. Completions have none." })
    ),
    Effect.map((reply) => {
      const { pieces, reason } = limited(reply, {
        maxTokens: request.max_tokens ?? 16,
        model: request.model,
        stop: request.stop,
        tokenizer
      })
      return { echo: request.echo === true ? prompt : "", pieces: Stream.mapError(pieces, fromModelError), reason }
    }),
    Effect.mapError(fromModelError)
  )

export const layer = HttpApiBuilder.group(
  api,
  "Completions",
  (handlers) =>
    handlers.handle("createCompletion", ({ payload }) =>
      Effect.gen(function*() {
        const prompts = promptsOf(payload)
        if (isChatModel(payload.model)) return yield* notSupported
        const tokenizer = yield* Tokenizer
        const count = (text: string) => tokenizer.count(text, payload.model)
        const counts = prompts.map(count)
        yield* check(Completions.rules, { ...payload, prompts, longest: Math.max(0, ...counts) })
        const read = counts.reduce((sum, tokens) => sum + tokens, 0)
        const { admit } = yield* RateLimits
        yield* admit(payload.model, {
          tokens: Math.max(read, payload.max_tokens ?? 16),
          shown: ["requests", "tokens"]
        })
        const choices = yield* Effect.forEach(
          prompts.flatMap((prompt) => Array.from({ length: payload.n ?? 1 }, () => prompt)),
          (prompt) => complete(payload, prompt, tokenizer)
        )
        const ids = yield* Ids
        const envelope = {
          id: yield* ids.next("cmpl-"),
          object: "text_completion" as const,
          created: yield* now,
          model: payload.model,
          system_fingerprint: "fp_emulator"
        }
        const choice = <Reason extends TextFinishReason | null>(
          index: number,
          text: string,
          offset: number,
          finish_reason: Reason
        ) => ({ index, text, logprobs: logprobsOf(payload, text, offset, tokenizer), finish_reason })

        const used = (written: number): Usage => ({
          kind: "completions",
          model: payload.model,
          input_tokens: read,
          output_tokens: written
        })

        if (payload.stream === true) {
          const end = yield* whenEnded
          const includesUsage = payload.stream_options?.include_usage === true
          return yield* Sse.respond((emit) => {
            const written = choices.map(() => "")
            const tokensWritten = () => written.reduce((sum, text) => sum + count(text), 0)
            return Effect.gen(function*() {
              const message = (chunk: Pick<Chunk, "choices" | "usage">) => ({
                data: { ...envelope, ...(includesUsage ? { usage: null } : {}), ...chunk }
              })
              for (const [index, { echo, pieces, reason }] of choices.entries()) {
                let offset = 0
                const one = (text: string, finish_reason: TextFinishReason | null) => {
                  const chunk = choice(index, text, offset, finish_reason)
                  offset += text.length
                  return message({ choices: [chunk] })
                }
                if (echo !== "") yield* emit([one(echo, null)])
                yield* forEachChunk(pieces, (texts) => {
                  for (const text of texts) written[index] += text
                  return emit(Array.from(texts, (text) => one(text, null)))
                })
                yield* emit([one("", reason())])
              }
              if (includesUsage) yield* emit([message({ choices: [], usage: usageOf(read, tokensWritten()) })])
            }).pipe(end(() => used(tokensWritten())))
          }, { named: false })
        }

        let written = 0
        const results = yield* Effect.forEach(choices, ({ echo, pieces, reason }, index) =>
          Effect.map(Stream.runFold(pieces, "", (text, piece) => text + piece), (text) => {
            written += count(text)
            return choice(index, echo + text, 0, reason())
          }))
        yield* bill(used(written))
        return { ...envelope, choices: results, usage: usageOf(read, written) }
      }))
)
