import { FetchHttpClient } from "@effect/platform"
import { describe } from "@effect/vitest"
import { transportSuite } from "./utils/transportSuite.js"

describe("Transport: fetch", () =>
  transportSuite(FetchHttpClient.layer, { backPressure: true, keepsConnections: true }))
