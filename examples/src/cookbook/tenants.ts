/**
 * Keys by tenant: each tenant has a client with its own key, limits and retry budget.
 */
import { ChatCompletions, OpenAiClient } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import { Context, Effect, Layer, LayerMap, type Redacted } from "effect"

/** Where the keys are: a database, a vault. */
export class TenantKeys extends Context.Tag("TenantKeys")<TenantKeys, {
  readonly get: (tenant: string) => Effect.Effect<Redacted.Redacted>
}>() {}

/** Makes the client of a tenant with its first call, and releases it ten minutes after its last. */
export class Clients extends LayerMap.Service<Clients>()("Clients", {
  lookup: (tenant: string) =>
    Layer.unwrapEffect(Effect.gen(function*() {
      const keys = yield* TenantKeys
      return OpenAiClient.layer({ apiKey: yield* keys.get(tenant), concurrency: 8 })
    })).pipe(Layer.provide(RateLimit.layer({ requests: 60, tokens: 40_000, maxWait: "5 seconds" }))),
  idleTimeToLive: "10 minutes"
}) {}

export const reply = (tenant: string, content: string) =>
  ChatCompletions.create({ model: "gpt-4o-mini", messages: [{ role: "user", content }] }).pipe(
    Effect.map(({ choices }) => choices[0]?.message.content ?? ""),
    Effect.provide(Clients.get(tenant))
  )
