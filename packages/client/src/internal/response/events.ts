import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createParser, type EventSourceMessage } from "eventsource-parser"
import { describeIssue, shorten } from "./issue.js"
import { type Answer, errorFromEvent, parseJson } from "./response.js"
import * as Utf8 from "./utf8.js"
import * as Validator from "./validator.js"

type StreamError = OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError

/** Turns the bytes of a streamed answer into what it says. */
export interface DecodeStream {
  (
    /** The bytes, where the next of them may be waited for as long as is said then, or else as long as ever. */
    bytes: (patience: () => Duration.Duration | undefined) => Stream.Stream<Uint8Array, OpenAiError.OpenAiError>,
    answer: Answer
  ): Stream.Stream<unknown, StreamError>
}

/**
 * What may come after an answer said that it is done, for its connection to be used again: it is read away, for so many
 * bytes in so many pieces, each of which comes so soon. What takes longer closes the connection.
 */
const rest = { bytes: 4096, pieces: 4, patience: Duration.millis(100) }

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
    return rest.includes("\r") ? rest.replace(/\r\n?/g, "\n") : rest
  }
}

/**
 * Reads server-sent events. What came before a failure is handed out first. An answer that ends without `[DONE]` or
 * `event: done` was interrupted, whatever its connection says; with it, nothing more is looked at.
 */
export const decodeEvents = (endpoint: Endpoint.Any, onInvalidEvent: "fail" | "skip"): DecodeStream => {
  const { named, schema } = endpoint.events!
  const validate = Validator.make(schema)
  return (bytes, answer) =>
    Stream.suspend(() => {
      const { call: { limit, operation, redact } } = answer
      const decoder = new Utf8.Decoder()
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
        const checked = validate(value)
        if (Either.isRight(checked)) {
          events.push(value)
        } else {
          const { field, message } = describeIssue(checked.left, redact)
          const name = event.event === undefined ? "" : `, ${shorten(redact(event.event))},`
          const text = `Event ${position} of ${operation}${name} ` + (json === undefined
            ? `is not JSON: ${shorten(redact(event.data))}`
            : `does not fit the contract at ${field || "its root"}: ${message}`)
          if (onInvalidEvent === "skip") skipped.push(redact(text))
          else end = { _tag: "Failed", error: answer.invalid(field, text) }
        }
        position++
      }
      const parser = createParser({
        onEvent,
        maxBufferSize: limit,
        onError: ({ type }) => {
          if (type !== "max-buffer-size-exceeded") return
          end ??= {
            _tag: "Failed",
            error: answer.invalid("", `Event ${position} of ${operation} is larger than ${limit} bytes`)
          }
        }
      })

      let isCut = false
      /** Ends the line that was cut by itself: what the parser joins it copies, and that is the rest of a text but for this. */
      const feed = (text: string) => {
        const first = isCut ? text.indexOf("\n") + 1 : 0
        if (first > 0) parser.feed(text.slice(0, first))
        if (end === undefined && first < text.length) parser.feed(text.slice(first))
        if (text !== "") isCut = !text.endsWith("\n")
      }

      /** Reads away what follows the end. */
      const drain = (bytes: number, pieces: number): Events =>
        Channel.readWithCause({
          onInput: (chunk: Chunk.Chunk<Uint8Array>) => {
            const left = Chunk.reduce(chunk, bytes, (left, { length }) => left - length)
            return left < 0 || pieces <= 1 ? Channel.void : drain(left, pieces - 1)
          },
          onFailure: () => Channel.void,
          onDone: () => Channel.void
        })

      /** Hands out what has come, then ends or goes on. */
      const flush = (next: Events): Events => {
        const chunk = Chunk.unsafeFromArray(events)
        const warnings = skipped
        events = []
        skipped = []
        const then: Events = end === undefined
          ? next
          : end._tag === "Done"
          ? drain(rest.bytes, rest.pieces)
          : Channel.fail(end.error)
        const out = Chunk.isEmpty(chunk) ? then : Channel.zipRight(Channel.write(chunk), then)
        return warnings.length === 0
          ? out
          : Channel.zipRight(Channel.fromEffect(Effect.forEach(warnings, (text) => Effect.logWarning(text))), out)
      }
      /** The last event may lack its blank line. */
      const finish = (why: string): Events => {
        last = true
        feed(normalize(`${decoder.finish()}\n\n`))
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
          for (const piece of pieces) {
            if (end === undefined) feed(normalize(decoder.decode(piece)))
          }
          return flush(read)
        },
        onFailure: (cause: Cause.Cause<OpenAiError.OpenAiError>) => {
          const error = Option.getOrUndefined(Cause.failureOption(cause))
          return error?._tag === "TransportError" ? finish(`: ${error.message}`) : Channel.failCause(cause)
        },
        onDone: () => finish("")
      })
      return Stream.pipeThroughChannel(bytes(() => end === undefined ? undefined : rest.patience), read)
    })
}
