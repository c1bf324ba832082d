import type { OpenAiClient } from "@effect-openai/client"
import { HttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, type Scope } from "effect"
import * as Client from "./client.js"
import type * as Server from "./server.js"

/** A transport, and its known limitations. */
export interface Transport {
  readonly name: string
  /** Made for its first test, because the first import decides on the dispatcher of Node's fetch. */
  readonly layer: Effect.Effect<Layer.Layer<HttpClient.HttpClient>>
  /** Why it writes a body without back-pressure. */
  readonly withoutBackPressure?: string
  /** Why it closes a connection after a complete response. */
  readonly withoutReuse?: string
}

/** The tools of a test. */
export interface Subject {
  readonly transport: Layer.Layer<HttpClient.HttpClient>
  /** Provides a client of a server. */
  readonly against: (
    server: Server.TestServer | string,
    options?: Partial<OpenAiClient.Options>
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, Exclude<R, OpenAiClient.OpenAiClient>>
  /** The transport, which completes a deferred at the first response. */
  readonly watched: (seen: Deferred.Deferred<void>) => Layer.Layer<HttpClient.HttpClient>
}

/** A case of a behaviour, and its test. */
export interface Behaviour {
  /** The number of the behaviour. */
  readonly number: number
  readonly case: string
  readonly test: (on: Subject) => Effect.Effect<unknown, unknown, Scope.Scope>
  /** Why it does not apply to a transport. */
  readonly unless: (transport: Transport) => string | undefined
}

/** The behaviours of one module. */
export interface Section {
  readonly title: string
  /** The module, for the link in the report. */
  readonly file: string
  readonly rows: ReadonlyArray<Behaviour>
  /** Adds a behaviour. Each row of the report is derived from a test. */
  readonly behaviour: (number: number, name: string, test: Behaviour["test"], unless?: Behaviour["unless"]) => void
}

export const section = (title: string, file: string): Section => {
  const rows: Array<Behaviour> = []
  return {
    title,
    file,
    rows,
    behaviour: (number, name, test, unless = () => undefined) => void rows.push({ number, case: name, test, unless })
  }
}

/** Prepares a transport for tests. */
const subject = (transport: Layer.Layer<HttpClient.HttpClient>): Subject => ({
  transport,
  against: (server, options) =>
    Effect.provide(Client.layer(typeof server === "string" ? server : server.origin, options, transport)),
  watched: (seen) =>
    Layer.map(transport, (context) => {
      const client = HttpClient.tap(
        // The only service of the layer.
        context.unsafeMap.get(HttpClient.HttpClient.key) as HttpClient.HttpClient,
        () => Deferred.succeed(seen, undefined)
      )
      return HttpClient.HttpClient.context(client)
    })
})

/** The title of a test, which begins with its number. */
export const titleOf = ({ case: name, number }: Behaviour): string => `${number}: ${name}`

/** Tests all behaviours over a transport. */
export const suite = (transport: Transport, behaviours: ReadonlyArray<Behaviour>): void => {
  describe(transport.name, () => {
    for (const behaviour of behaviours) {
      const reason = behaviour.unless(transport)
      if (reason !== undefined) it.skip(`${titleOf(behaviour)} (${reason})`, () => {})
      else {
        it.scoped(
          titleOf(behaviour),
          () => Effect.flatMap(transport.layer, (layer) => behaviour.test(subject(layer))),
          60_000
        )
      }
    }
  })
}
