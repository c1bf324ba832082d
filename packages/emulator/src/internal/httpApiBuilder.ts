import type * as HttpApi from "@effect/platform/HttpApi"
import type * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

// `HttpApiBuilder` of the platform, without its router: the emulator routes requests itself.

export type Handler = (request: any) => Effect.Effect<unknown, unknown, any>

/** The handlers of an API by its endpoints. */
export class Handlers extends Context.Tag("@effect-openai/emulator/internal/Handlers")<
  Handlers,
  Map<HttpApiEndpoint.HttpApiEndpoint.Any, Handler>
>() {}

/** Collects the handlers of a group, like those that the platform passes to `build`. */
class Collected {
  readonly handlers = new Map<string, Handler>()

  handle(name: string, handler: Handler): this {
    this.handlers.set(name, handler)
    return this
  }
}

// The types are the platform's, which follow from the API. One that is built in a loop has none.

/** The handlers of a group, with the types of `HttpApiBuilder.group`. */
export const group: typeof HttpApiBuilder.group = (api, name, build): any =>
  Layer.effectDiscard(Effect.gen(function*() {
    const all = yield* Handlers
    const { endpoints } = (api as unknown as HttpApi.HttpApi.AnyWithProps).groups[name as string]!
    const built: any = build(new Collected() as any)
    const { handlers }: Collected = Effect.isEffect(built) ? yield* (built as Effect.Effect<Collected>) : built
    for (const [name, handler] of handlers) all.set(endpoints[name]!, handler)
  }))
