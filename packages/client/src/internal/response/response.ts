import { isTooDeep } from "@effect-openai/core/Json"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as Headers from "@effect/platform/Headers"
import type { Redact } from "../secrets.js"
import type * as Transport from "../transport/transport.js"

/** What of a call its responses and errors refer to. */
export interface CallContext {
  readonly operation: string
  /** The cursor of the requested page. */
  readonly cursor: string | undefined
  /** Removes the client's credentials from a text. */
  readonly redact: Redact
  /** Maximum size of a buffered response body, or of one event of a streamed one. */
  readonly maxBodyBytes: number
}

/** A response whose body is not read yet. */
export class Response {
  readonly status: number
  /** The header `x-request-id`. */
  readonly requestId: string | undefined

  constructor(private readonly head: Transport.Head, readonly call: CallContext) {
    this.status = head.status
    const id = head.headers["x-request-id"]
    this.requestId = id === undefined ? undefined : call.redact(id, true)
  }

  get headers(): Headers.Headers {
    return this.head.headers
  }

  /** Returns the text of a body. Empty if the transport has not decoded it. */
  decode(bytes: Uint8Array): string {
    return this.head.undecoded === "" ? decodeText(bytes) : ""
  }

  /** The error of a response that does not fit the contract. */
  invalid(field: string, message: string): OpenAiError.InvalidResponseError {
    const { call, requestId, status } = this
    return new OpenAiError.InvalidResponseError({
      operation: call.operation,
      cursor: call.cursor,
      status,
      requestId,
      field: call.redact(field, true),
      message: call.redact(message)
    })
  }
}

const decoder = new TextDecoder()

export const decodeText = (bytes: Uint8Array): string => decoder.decode(bytes)

/** Returns undefined for what is not JSON, or nests too deep. */
export const parseJson = (text: string): unknown => {
  try {
    return isTooDeep(text) ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
