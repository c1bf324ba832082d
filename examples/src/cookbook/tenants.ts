/**
 * Keys by tenant: each tenant has its own client, with its own key, limits and retry budget.
 */
import { ChatCompletions, OpenAiClient } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import { Context, Effect, Layer, LayerMap, type Redacted } from "effect"

/** Where the keys are: a database, a vault. */
export class TenantKeys extends Context.Tag("TenantKeys")<TenantKeys, {
  readonly get: (tenant: string) => Effect.Effect<Redacted.Redacted>
}>() {}
