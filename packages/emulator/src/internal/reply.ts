import { ServerError } from "@effect-openai/core/Api"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Stream from "effect/Stream"
import type * as Model from "../Model.js"
import type { Service } from "../Tokenizer.js"
import { cutter } from "./tokens.js"

// The replies of models, as chat completions and completions return them.

const statuses = { server_error: 500, rate_limit_exceeded: 429, invalid_prompt: 400 } as const

export const fromModelError = ({ code, message }: Model.ModelError): ServerError =>
  new ServerError({
    status: statuses[code],
    message,
    // The message of a model may repeat parts of the prompt.
    summary: "The model failed.",
    code: code === "server_error" ? null : code,
    type: code === "invalid_prompt" ? "invalid_request_error" : code
  })

export type TextFinishReason = "stop" | "length"

/** The text before the first stop sequence. A possible beginning of a stop sequence is held back. */
const untilStop = (stops: ReadonlyArray<string>) => {
  const longest = Math.max(0, ...stops.map(({ length }) => length - 1))
  return (text: string, isWhole: boolean): { readonly text: string; readonly isOver: boolean } => {
    const found = stops.map((stop) => text.indexOf(stop)).filter((index) => index !== -1)
    return found.length > 0
      ? { text: text.slice(0, Math.min(...found)), isOver: true }
      : { text: isWhole ? text : text.slice(0, Math.max(0, text.length - longest)), isOver: false }
  }
}

/** The pieces of a text within the limits of a request, and its finish reason after the last one. */
export const limited = (
  { ending, pieces }: Model.Text,
  { maxTokens, model, stop, tokenizer }: {
    readonly maxTokens: number
    readonly model: string
    readonly tokenizer: Service
    readonly stop: string | ReadonlyArray<string> | null | undefined
  }
) => {
  const cut = untilStop((typeof stop === "string" ? [stop] : stop ?? []).filter((stop) => stop !== ""))
  let reason: TextFinishReason = "stop"
  let text = ""
  let sent = 0
  let isOver = false
  const limit = cutter(tokenizer, model, maxTokens)
  const take = (piece: string, isWhole: boolean): string => {
    if (isOver) return ""
    text += piece
    const known = cut(text, isWhole)
    const taken = limit.take(known.text.slice(sent))
    sent += taken.length
    if (limit.isCut()) reason = "length"
    isOver = known.isOver || reason === "length"
    return taken
  }
  const write = (taken: ReadonlyArray<string>) =>
    Channel.write(Chunk.unsafeFromArray(taken.filter((piece) => piece !== "")))
  const taking: Channel.Channel<Chunk.Chunk<string>, Chunk.Chunk<string>, Model.ModelError, Model.ModelError> = Channel
    .readWithCause({
      onInput: (chunk: Chunk.Chunk<string>) => {
        const written = write(Array.from(chunk, (piece) => take(piece, false)))
        return isOver ? written : Channel.zipRight(written, taking)
      },
      onFailure: Channel.failCause,
      onDone: () => Channel.suspend(() => write([take("", true)]))
    })
  return {
    // One channel instead of four: one costs more than what it does here.
    pieces: Stream.fromChannel(Channel.pipeTo(Stream.toChannel(pieces), taking)),
    reason: (): TextFinishReason => isOver || ending().isWhole ? reason : "length"
  }
}
