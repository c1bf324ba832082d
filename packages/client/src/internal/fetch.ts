import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import type * as HttpBody from "@effect/platform/HttpBody"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Deadline from "./deadline.js"
import * as Transport from "./transport.js"

/** What fetch takes for a body. */
const write = (body: HttpBody.HttpBody, fiber: Fiber.RuntimeFiber<unknown, unknown>): RequestInit => {
  switch (body._tag) {
    case "Empty":
      return {}
    case "Uint8Array":
    case "Raw":
      return { body: body.body as BodyInit }
    case "FormData":
      return { body: body.formData }
    case "Stream":
      return {
        body: Stream.toReadableStreamRuntime(body.stream, Deadline.runtimeOf(fiber)),
        // Node asks for it, and its types know nothing of it.
        ...({ duplex: "half" } as object)
      }
  }
}

/** An answer of fetch, its head and its body. */
class Answer implements Transport.Head, Transport.Body {
  private made: Headers.Headers | undefined = undefined

  constructor(private readonly response: Response) {}

  get status(): number {
    return this.response.status
  }

  get headers(): Headers.Headers {
    return this.made ??= Headers.fromInput(this.response.headers)
  }

  read(limit: number, done: (bytes: Uint8Array, end: Transport.End) => void): void {
    const length = Transport.lengthOf(this.headers)
    if (limit === Infinity || (length !== undefined && length <= limit)) {
      this.response.arrayBuffer().then(
        (buffer) => done(new Uint8Array(buffer), "whole"),
        (cause) => done(new Uint8Array(), new Transport.Failed(cause, true))
      )
    } else {
      void this.readPieces(limit, done)
    }
  }

  private async readPieces(limit: number, done: (bytes: Uint8Array, end: Transport.End) => void): Promise<void> {
    const pieces: Array<Uint8Array> = []
    let end: Transport.End = "whole"
    try {
      let left = limit
      const reader = this.response.body?.getReader()
      for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
        pieces.push(next.value.subarray(0, left))
        left -= next.value.length
        if (left < 0) {
          end = "beyond"
          // It ends the connection, which may fail as it likes.
          reader!.cancel().catch(() => {})
          break
        }
      }
    } catch (cause) {
      end = new Transport.Failed(cause, true)
    }
    done(Transport.concat(pieces), end)
  }

  get stream(): Stream.Stream<Uint8Array, Transport.Failed> {
    const { body } = this.response
    return body === null ? Stream.empty : Stream.fromReadableStream({
      evaluate: () => body,
      onError: (cause) => new Transport.Failed(cause, true)
    })
  }
}

/** A request on its way by fetch. */
class Exchange implements Transport.Exchange {
  private readonly controller = new AbortController()

  get signal(): AbortSignal {
    return this.controller.signal
  }

  abandon(): void {
    this.controller.abort()
  }

  interrupt(): Effect.Effect<void> {
    return Effect.sync(() => this.abandon())
  }

  within<A, E>(pull: Effect.Effect<A, E>, duration: Duration.Duration, onTimeout: () => E): Effect.Effect<A, E> {
    return Deadline.telling(pull, duration, onTimeout, () => this.abandon())
  }
}

/** Calls fetch as the platform's `FetchHttpClient` does, which was made in this context. */
export const send = (outer: Context.Context<never>): Transport.Send => (outgoing, fiber, receiver) => {
  const exchange = new Exchange()
  const context = fiber.currentContext as Context.Context<never>
  const { Fetch, RequestInit } = FetchHttpClient
  const fetch: typeof globalThis.fetch = context.unsafeMap.get(Fetch.key) ?? outer.unsafeMap.get(Fetch.key) ??
    globalThis.fetch
  const init = Transport.requestInitOf(
    context,
    outer.unsafeMap.get(RequestInit.key),
    Transport.isToStranger(outgoing.headers)
  )
  const { "content-length": _, ...headers } = init.headers === undefined
    ? outgoing.headers
    : Headers.merge(Headers.fromInput(init.headers as Headers.Input), Headers.fromInput(outgoing.headers))
  const failed = (cause: unknown) => receiver.onFailure(new Transport.Failed(cause))
  try {
    fetch(outgoing.origin + outgoing.path, {
      ...init,
      ...write(outgoing.body, fiber),
      method: outgoing.method,
      headers,
      signal: exchange.signal
    }).then((response) => {
      const answer = new Answer(response)
      receiver.onHead(answer, answer)
    }, failed)
  } catch (cause) {
    failed(cause)
  }
  return exchange
}
