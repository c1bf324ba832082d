import * as Effect from "effect/Effect"
import * as given from "../scenarios/organization.js"
import { project_id } from "./Projects.js"
import type { Parameter, Samples } from "./sample.js"

const rate_limit_id: Parameter = {
  unknown: "rl-doesnotexist",
  create: ({ project_id }, index) => Effect.map(given.rateLimit(project_id!, index), ({ id }) => id)
}

const names = ["max_requests_per_1_minute", "max_tokens_per_1_minute"]

export const samples: Samples<"ProjectRateLimits"> = {
  "list-project-rate-limits": {
    parameters: { project_id },
    // They are not created, and have no time.
    items: { time: null, create: ({ project_id }) => given.rateLimits(project_id!) }
  },
  "update-project-rate-limits": {
    parameters: { project_id, rate_limit_id },
    body: () => ({ max_requests_per_1_minute: 10 }),
    // The limits of every model, up to those of the organization.
    adapt: (body) =>
      Object.fromEntries(names.flatMap((name) => {
        const value = body[name]
        return value === undefined ? [] : [[name, typeof value === "number" ? Math.abs(value) % 1000 : value]]
      })),
    repeats: names
  }
}
