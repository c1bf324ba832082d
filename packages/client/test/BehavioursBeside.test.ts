// Apart from all other tests: undici is imported before the first fetch, and so replaces the dispatcher behind it.
import "@effect/platform-node/NodeHttpClient"
import { FetchHttpClient } from "@effect/platform"
import { Effect } from "effect"
import { behaviours } from "./behaviours/index.js"
import * as Behaviour from "./utils/behaviour.js"

/** Those that depend on how requests are sent and connections are closed. */
const sent = behaviours.filter(({ number }) => [4, 6, 7, 8, 14, 16, 22, 23].includes(number))

Behaviour.suite({ name: "Behaviours: Fetch beside Undici", layer: Effect.succeed(FetchHttpClient.layer) }, sent)
