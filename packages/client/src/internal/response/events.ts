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
import { createParser, type EventSourceMessage, type EventSourceParser } from "eventsource-parser"
import * as Errors from "./errors.js"
import { describeIssue, shorten } from "./issue.js"
import { parseJson, type Response } from "./response.js"
import * as Utf8 from "./utf8.js"
import * as Validator from "./validator.js"

type StreamError = OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError

/** Decodes the body of a streamed response. */
export interface DecodeStream {
  (
    /** Opens the body. Before each chunk it calls `timeout`; undefined means the client's idle timeout. */
    bytes: (timeout: () => Duration.Duration | undefined) => Stream.Stream<Uint8Array, OpenAiError.OpenAiError>,
    response: Response
  ): Stream.Stream<unknown, StreamError>
}

/**
 * After the end of the events the body is drained, so that its connection can be used again: so many bytes, in so many
 * chunks, with a timeout before each. A longer or slower body closes the connection.
 */
const drained = { bytes: 4096, chunks: 4, timeout: Duration.millis(100) }

/** How the events ended. */
type End = { readonly _tag: "Done" } | { readonly _tag: "Failed"; readonly error: StreamError }

/** Decodes server-sent events. It is fed chunks of bytes, and collects events until somebody takes them. */
class EventDecoder {
  /** Undefined until the end of the events. */
  end: End | undefined = undefined
  /** The number of events so far. */
  position = 0
  private events: Array<unknown> = []
  private warnings: Array<string> = []
  private readonly utf8 = new Utf8.Decoder()
  private readonly parser: EventSourceParser
  private endsWithCr = false
  private isInLine = false
  private isFinishing = false

  constructor(
    private readonly named: boolean,
    private readonly validate: Validator.Validate,
    private readonly onInvalidEvent: "fail" | "skip",
    private readonly response: Response
  ) {
    this.parser = createParser({
      onEvent: (event) => this.onEvent(event),
      maxBufferSize: response.call.maxBodyBytes,
      onError: ({ type }) => {
        if (type === "max-buffer-size-exceeded") this.onTooLarge()
      }
    })
  }

  push(chunk: Uint8Array): void {
    if (this.end === undefined) this.feed(this.normalize(this.utf8.decode(chunk)))
  }

  /** The body has ended. Its last event may lack the blank line. */
  finish(): void {
    this.isFinishing = true
    this.feed(this.normalize(`${this.utf8.finish()}\n\n`))
  }

  takeEvents(): Chunk.Chunk<unknown> {
    const { events } = this
    this.events = []
    return Chunk.unsafeFromArray(events)
  }

  takeWarnings(): ReadonlyArray<string> {
    const { warnings } = this
    if (warnings.length > 0) this.warnings = []
    return warnings
  }

  /**
   * Ends every line with LF, so that a line is complete once its CR is received. The LF of a CR LF is dropped, also where
   * it begins the next text.
   */
  private normalize(text: string): string {
    const rest = this.endsWithCr && text.startsWith("\n") ? text.slice(1) : text
    if (text !== "") this.endsWithCr = text.endsWith("\r")
    return rest.includes("\r") ? rest.replace(/\r\n?/g, "\n") : rest
  }

  /** Feeds the rest of a line separately: the parser copies the text that it joins to a line begun before. */
  private feed(text: string): void {
    const first = this.isInLine ? text.indexOf("\n") + 1 : 0
    if (first > 0) this.parser.feed(text.slice(0, first))
    if (this.end === undefined && first < text.length) this.parser.feed(text.slice(first))
    if (text !== "") this.isInLine = !text.endsWith("\n")
  }

  private fail(error: StreamError): void {
    this.end = { _tag: "Failed", error }
  }

  private onTooLarge(): void {
    const { maxBodyBytes, operation } = this.response.call
    if (this.end !== undefined) return
    this.fail(this.response.invalid("", `Event ${this.position} of ${operation} is larger than ${maxBodyBytes} bytes`))
  }

  private onEvent({ data: text, event }: EventSourceMessage): void {
    if (this.end !== undefined) return
    if (text === "[DONE]" || event === "done") {
      this.end = { _tag: "Done" }
      return
    }
    const json = parseJson(text)
    // The body was cut within this event.
    if (this.isFinishing && json === undefined) return
    const data = json === undefined ? text : json
    if (event === "error") return this.fail(Errors.fromEvent(OpenAiError.parseErrorBody(data), this.response))
    // A named event of an unknown kind may have a field `error`.
    if (!this.named || event === undefined) {
      const error = OpenAiError.findError(json)
      if (error !== undefined) return this.fail(Errors.fromEvent(error, this.response))
    }
    const value = this.named ? { event: event ?? "message", data } : json
    const checked = this.validate(value)
    if (Either.isRight(checked)) this.events.push(checked.right)
    else this.onInvalid(checked.left, event, json === undefined ? text : undefined)
    this.position++
  }

  private onInvalid(issue: Parameters<typeof describeIssue>[0], event: string | undefined, text: string | undefined) {
    const { operation, redact } = this.response.call
    const { field, message } = describeIssue(issue, redact)
    const name = event === undefined ? "" : `, ${shorten(redact(event))},`
    const sentence = `Event ${this.position} of ${operation}${name} ` + (text === undefined
      ? `does not fit the contract at ${field || "its root"}: ${message}`
      : `is not JSON: ${shorten(redact(text))}`)
    if (this.onInvalidEvent === "skip") this.warnings.push(redact(sentence))
    else this.fail(this.response.invalid(field, sentence))
  }
}

type Events = Channel.Channel<
  Chunk.Chunk<unknown>,
  Chunk.Chunk<Uint8Array>,
  StreamError,
  OpenAiError.OpenAiError,
  void,
  unknown
>

/** Reads the rest of a body, and ignores it. */
const drain = (bytes: number, chunks: number): Events =>
  Channel.readWithCause({
    onInput: (input: Chunk.Chunk<Uint8Array>) => {
      const left = Chunk.reduce(input, bytes, (left, { length }) => left - length)
      return left < 0 || chunks <= 1 ? Channel.void : drain(left, chunks - 1)
    },
    onFailure: () => Channel.void,
    onDone: () => Channel.void
  })

/**
 * Decodes server-sent events. The events before a failure are emitted first. A body that ends without `[DONE]` or
 * `event: done` was interrupted, even if its connection ended as it should. What follows them is ignored.
 */
export const decodeEvents = (endpoint: Endpoint.Any, onInvalidEvent: "fail" | "skip"): DecodeStream => {
  const { named, schema } = endpoint.events!
  const validate = Validator.make(schema)
  return (bytes, response) =>
    Stream.suspend(() => {
      const decoder = new EventDecoder(named, validate, onInvalidEvent, response)

      /** Emits the decoded events, then ends or continues with `next`. */
      const flush = (next: Events): Events => {
        const events = decoder.takeEvents()
        const warnings = decoder.takeWarnings()
        const then: Events = decoder.end === undefined
          ? next
          : decoder.end._tag === "Done"
          ? drain(drained.bytes, drained.chunks)
          : Channel.fail(decoder.end.error)
        const out = Chunk.isEmpty(events) ? then : Channel.zipRight(Channel.write(events), then)
        return warnings.length === 0
          ? out
          : Channel.zipRight(Channel.fromEffect(Effect.forEach(warnings, (text) => Effect.logWarning(text))), out)
      }
      const finish = (reason: string): Events => {
        decoder.finish()
        return flush(Channel.failSync(() =>
          new OpenAiError.StreamInterruptedError({
            operation: response.call.operation,
            requestId: response.requestId,
            events: decoder.position,
            message: `The response ended after ${decoder.position} events, before the end of the stream${reason}`
          })
        ))
      }
      const read: Events = Channel.readWithCause({
        onInput: (chunks: Chunk.Chunk<Uint8Array>) => {
          for (const chunk of chunks) decoder.push(chunk)
          return flush(read)
        },
        onFailure: (cause: Cause.Cause<OpenAiError.OpenAiError>) => {
          const error = Option.getOrUndefined(Cause.failureOption(cause))
          return error?._tag === "TransportError" ? finish(`: ${error.message}`) : Channel.failCause(cause)
        },
        onDone: () => finish("")
      })
      return Stream.pipeThroughChannel(bytes(() => decoder.end === undefined ? undefined : drained.timeout), read)
    })
}
