// Apart from all other tests: the import of undici replaces the dispatcher behind Node's fetch in its process.
import { FetchHttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe } from "@effect/vitest"
import { transportSuite } from "./utils/transportSuite.js"

describe("Transport: undici", () =>
  transportSuite(NodeHttpClient.layerUndici, { backPressure: true, keepsConnections: true }))

// Its streams go on writing when the connection asks them to wait, and its requests end by being destroyed.
describe("Transport: node:http", () =>
  transportSuite(NodeHttpClient.layer, { backPressure: false, keepsConnections: false }))

describe("Transport: fetch beside undici", () =>
  transportSuite(FetchHttpClient.layer, { backPressure: true, keepsConnections: true }))
