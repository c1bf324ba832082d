import { OpenAiClient } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import * as Redis from "@effect/experimental/RateLimiter/Redis"
import { Layer } from "effect"

const OpenAiShared = OpenAiClient.layerConfig().pipe(
  Layer.provide(RateLimit.layerStore({ requests: 500, tokens: 200_000 })),
  Layer.provide(Redis.layerStore({ host: "127.0.0.1" }))
)
