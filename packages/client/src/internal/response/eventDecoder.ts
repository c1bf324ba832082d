import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Chunk from "effect/Chunk"
import * as Either from "effect/Either"
import type { Choices } from "./choices.js"
import * as Errors from "./errors.js"
import { EventParser, type Listener } from "./eventParser.js"
import { describeIssue, shorten } from "./issue.js"
import { parseJson, type Response } from "./response.js"
import * as Utf8 from "./utf8.js"
import type * as Validator from "./validator.js"

export type StreamError = OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError

/** How the events ended. */
export type End = { readonly _tag: "Done" } | { readonly _tag: "Failed"; readonly error: StreamError }

/** Maximum length of text that is not part of an event. */
const maxText = 65_536

/** How often such text is parsed before the next event or its maximum length. */
const maxAttempts = 16

/** A line that consists of a field, even of one that is not specified. A parser ignores such a line. */
const field = /^[\w-]+(?::|$)/

/** The data of a heartbeat: nothing, a comment, or one of these words. */
const heartbeat = /^\s*(?::|$)|^\W*(?:ping|keep-?alive|heartbeat)\W*$/i

/** Maximum length of a heartbeat that is JSON. */
const maxHeartbeat = 100

/** What is decoded, and how. */
interface Options {
  /** Whether events have names. */
  readonly named: boolean
  /** Most events fit as they are. */
  readonly fits: (u: unknown) => boolean
  readonly validate: Validator.Validate
  readonly onInvalidEvent: "fail" | "skip"
  /** The choices of a completion. */
  readonly choices: Choices | undefined
  /** Receives each event that is an object. */
  readonly observe: ((event: object) => void) | undefined
}

/**
 * Decodes server-sent events. It is fed chunks of bytes, and collects events until somebody takes them. The bytes decide
 * what is an event, not the content type.
 */
export class EventDecoder implements Listener {
  /** Undefined until the end of the events. */
  end: End | undefined = undefined
  /** The number of events so far. */
  position = 0
  /** Whether the body ended within an event. */
  private isCut = false
  /** Lines since the last event that are not part of an event. */
  private text = ""
  /** How often these lines were parsed. */
  private attempts = 0
  /** Whether these lines are not fields either. */
  private hasText = false
  private events: Array<unknown> = []
  private warnings: Array<string> = []
  private readonly utf8 = new Utf8.Decoder()
  private readonly parser: EventParser
  private endsWithCr = false
  private isFinishing = false

  constructor(private readonly options: Options, private readonly response: Response) {
    this.parser = new EventParser(response.call.maxBodyBytes, this)
  }

  push(chunk: Uint8Array): void {
    if (this.end === undefined) this.parser.push(this.normalize(this.utf8.decode(chunk)))
  }

  /** The body has ended, or failed for a reason. Its last event may lack the blank line. */
  finish(reason?: string): void {
    this.isFinishing = true
    this.parser.push(this.normalize(`${this.utf8.finish()}\n\n`))
    this.onText()
    if (this.end !== undefined) return
    if (reason === undefined && this.options.choices?.areFinished && !this.isCut) this.end = { _tag: "Done" }
    else this.fail(this.interrupted(reason ?? ""))
  }

  private interrupted(reason: string): OpenAiError.StreamInterruptedError {
    const { position, response: { call: { operation }, requestId } } = this
    const message = `The response ended after ${position} events, before the end of the stream${reason}`
    return new OpenAiError.StreamInterruptedError({ operation, requestId, events: position, message })
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

  private fail(error: StreamError): void {
    this.end = { _tag: "Failed", error }
  }

  onTooLong(): void {
    const { maxBodyBytes, operation } = this.response.call
    if (this.end !== undefined) return
    this.fail(this.response.invalid("", `Event ${this.position} of ${operation} is larger than ${maxBodyBytes} bytes`))
  }

  /** A line that is not part of an event. */
  onLine(line: string): void {
    if (this.end !== undefined) return
    this.text += this.text === "" ? line : `\n${line}`
    if (!field.test(line)) this.hasText = true
    if (this.isFinishing) this.isCut = true
    // JSON ends with a line that is not indented. Other text could have such an end in every line.
    const isWhole = /^\S.*[}\]]$|^[}\]]$/.test(line) && ++this.attempts <= maxAttempts &&
      parseJson(this.text) !== undefined
    if (isWhole || this.text.length > maxText) this.onText()
  }

  /** Text that is not an event: an error, another response, or something between events. */
  private onText(isBetween = false): void {
    const { hasText, position, response, text } = this
    this.text = ""
    this.attempts = 0
    this.hasText = false
    if (this.end !== undefined) return
    const error = OpenAiError.findError(parseJson(text))
    if (error !== undefined) return this.fail(Errors.fromEvent(error, response))
    const { call: { operation, redact }, headers: { "content-type": mediaType = "text" } } = response
    const shown = shorten(Errors.readableText(redact(text)))
    if (isBetween || position > 0) {
      if (hasText) this.refuse("", `The text before event ${position} of ${operation} is not an event: ${shown}`)
    } else if (hasText || (shown !== "" && !mediaType.includes("event-stream"))) {
      this.fail(response.invalid("", `The response is not a stream of events but ${mediaType}: ${shown}`))
    }
  }

  onEvent(text: string, event: string | undefined): void {
    if (this.hasText) this.onText(true)
    if (this.end !== undefined) return
    this.text = ""
    if (text === "[DONE]" || event === "done") {
      this.end = { _tag: "Done" }
      return
    }
    const { fits, named, validate } = this.options
    const json = parseJson(text)
    const isHeartbeat = ((json === undefined || text.length < maxHeartbeat) && heartbeat.test(text)) ||
      (!named && event !== undefined && heartbeat.test(event))
    if (isHeartbeat && event !== "error") return
    // The body was cut within this event.
    if (this.isFinishing && json === undefined) {
      this.isCut = true
      return
    }
    const data = json === undefined ? text : json
    if (event === "error") return this.fail(Errors.fromEvent(OpenAiError.parseErrorBody(data), this.response))
    // A named event of an unknown kind may have a field `error`.
    if (!named || event === undefined) {
      const error = OpenAiError.findError(json)
      if (error !== undefined) return this.fail(Errors.fromEvent(error, this.response))
    }
    const value = named ? { event: event ?? "message", data } : json
    if (fits(value)) this.emit(value)
    else {
      const checked = validate(value)
      if (Either.isRight(checked)) this.emit(checked.right)
      else this.onInvalid(checked.left, event, json === undefined ? text : undefined)
    }
    this.position++
  }

  private emit(event: unknown): void {
    this.events.push(event)
    if (typeof event === "object" && event !== null) {
      this.options.choices?.add(event)
      this.options.observe?.(event)
    }
  }

  private onInvalid(issue: Parameters<typeof describeIssue>[0], event: string | undefined, text: string | undefined) {
    const { operation, redact } = this.response.call
    const { field, message } = describeIssue(issue, redact)
    const name = event === undefined ? "" : `, ${shorten(redact(event))},`
    const sentence = `Event ${this.position} of ${operation}${name} ` + (text === undefined
      ? `does not fit the contract at ${field || "its root"}: ${message}`
      : `is not JSON: ${shorten(redact(text))}`)
    this.refuse(field, sentence)
  }

  /** Fails, or warns and continues. */
  private refuse(field: string, sentence: string): void {
    if (this.options.onInvalidEvent === "skip") this.warnings.push(this.response.call.redact(sentence))
    else this.fail(this.response.invalid(field, sentence))
  }
}
