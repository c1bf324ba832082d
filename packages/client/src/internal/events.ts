import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createParser, type EventSourceMessage } from "eventsource-parser"
import { describeIssue, shorten } from "./issue.js"
import { type Answer, errorFromEvent, parseJson } from "./response.js"
import * as Validator from "./validator.js"

type StreamError = OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError

/** Turns the bytes of a streamed answer into what it says. */
export interface DecodeStream {
  (bytes: Stream.Stream<Uint8Array, OpenAiError.OpenAiError>, answer: Answer): Stream.Stream<unknown, StreamError>
}

/** Whether an answer's end has come, and how. */
type End = { readonly _tag: "Done" } | { readonly _tag: "Failed"; readonly error: StreamError } | undefined

type Events = Channel.Channel<
  Chunk.Chunk<unknown>,
  Chunk.Chunk<Uint8Array>,
  StreamError,
  OpenAiError.OpenAiError,
  void,
  unknown
>

/**
 * An error where there should be an event: `{"error": …}` with something in it, or vLLM's flat one. What has a name of its
 * own may have such a field.
 */
const isError = (name: string | undefined, data: unknown): boolean =>
  name === "error" ||
  (name === undefined && typeof data === "object" && data !== null &&
    (("error" in data && Boolean(data.error)) || ("object" in data && data.object === "error")))

/**
 * Makes every line end with LF, so that a line is whole once its CR is there. Of CR LF the second counts for nothing, be
 * it the first character of the next text.
 */
const lines = () => {
  let afterCr = false
  return (text: string): string => {
    const rest = afterCr && text.startsWith("\n") ? text.slice(1) : text
    if (text !== "") afterCr = text.endsWith("\r")
    return rest.replace(/\r\n?/g, "\n")
  }
}

/**
 * Reads server-sent events. What came before a failure is handed out first. An answer that ends without `[DONE]` or
 * `event: done` was interrupted, whatever its connection says; with it, nothing more is read.
 */
export const decodeEvents = (endpoint: Endpoint.Any, onInvalidEvent: "fail" | "skip"): DecodeStream => {
  const { named, schema } = endpoint.events!
  const validate = Validator.make(schema)
  return (bytes, answer) =>
    Stream.suspend(() => {
      const { call: { operation, scrub } } = answer
      const decoder = new TextDecoder()
      const normalize = lines()
      let position = 0
      let events: Array<unknown> = []
      let skipped: Array<string> = []
      let end: End
      let last = false

      const onEvent = (event: EventSourceMessage) => {
        if (end !== undefined) return
        if (event.data === "[DONE]" || event.event === "done") {
          end = { _tag: "Done" }
          return
        }
        const json = parseJson(event.data)
        const data = json === undefined ? event.data : json
        // Cut off in the middle.
        if (last && json === undefined) return
        if (isError(named ? event.event : event.event === "error" ? "error" : undefined, json)) {
          end = { _tag: "Failed", error: errorFromEvent(data, answer) }
          return
        }
        const value = named ? { event: event.event ?? "message", data } : json
        Either.match(validate(value), {
          onLeft: (issue) => {
            const { field, message } = describeIssue(issue, scrub)
            const name = event.event === undefined ? "" : `, ${shorten(scrub(event.event))},`
            const text = `Event ${position} of ${operation}${name} ` + (json === undefined
              ? `is not JSON: ${shorten(scrub(event.data))}`
              : `does not fit the contract at ${field || "its root"}: ${message}`)
            if (onInvalidEvent === "skip") skipped.push(scrub(text))
            else end = { _tag: "Failed", error: answer.invalid(field, text) }
          },
          onRight: () => events.push(value)
        })
        position++
      }
      const parser = createParser({ onEvent })

      /** Hands out what has come, then ends or goes on. */
      const flush = (next: Events): Events => {
        const chunk = Chunk.unsafeFromArray(events)
        const warnings = skipped
        events = []
        skipped = []
        const rest: Events = end === undefined ? next : end._tag === "Done" ? Channel.void : Channel.fail(end.error)
        const out = Chunk.isEmpty(chunk) ? rest : Channel.zipRight(Channel.write(chunk), rest)
        return warnings.length === 0
          ? out
          : Channel.zipRight(Channel.fromEffect(Effect.forEach(warnings, (text) => Effect.logWarning(text))), out)
      }
      /** The last event may lack its blank line. */
      const finish = (why: string): Events => {
        last = true
        parser.feed(normalize(`${decoder.decode()}\n\n`))
        return flush(Channel.failSync(() =>
          new OpenAiError.StreamInterruptedError({
            operation,
            requestId: answer.requestId,
            events: position,
            message: `The answer ended after ${position} events, before it was done${why}`
          })
        ))
      }
      const read: Events = Channel.readWithCause({
        onInput: (pieces: Chunk.Chunk<Uint8Array>) => {
          for (const piece of pieces) parser.feed(normalize(decoder.decode(piece, { stream: true })))
          return flush(read)
        },
        onFailure: (cause: Cause.Cause<OpenAiError.OpenAiError>) => {
          const error = Option.getOrUndefined(Cause.failureOption(cause))
          return error?._tag === "TransportError" ? finish(`: ${error.message}`) : Channel.failCause(cause)
        },
        onDone: () => finish("")
      })
      return Stream.pipeThroughChannel(bytes, read)
    })
}
