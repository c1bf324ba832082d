import type * as Emulator from "@effect-openai/emulator/Emulator"
import * as Redacted from "effect/Redacted"
import type * as Scenario from "../Scenario.js"
import type { ManualClock } from "./manualClock.js"

// The emulator as a target, in this process or in another one.

/** The keys that it accepts. */
export const keys = {
  apiKey: Redacted.make("sk-contract-tests-0123456789"),
  adminKey: Redacted.make("sk-admin-contract-tests-0123456789")
} as const

/** Its options. Scenarios advance its clock. */
export const settings = (clock: ManualClock) =>
  ({
    apiKeys: [keys.apiKey],
    adminKeys: [keys.adminKey],
    organization: {
      users: ["Ada", "Grace", "Mary", "Emmy"].map((name) => ({ name, email: `${name}@example.com` }))
    },
    clock,
    pollAfter: 0
  }) satisfies Emulator.Options

/** What it can do beyond any other server. */
export const capabilities = {
  administration: true,
  clock: true,
  jobs: true,
  scripted: true
} satisfies Partial<Record<Scenario.Capability, boolean>>

export const models = { deletable: "ft:gpt-3.5-turbo:acemeco:suffix:abc123" } satisfies Partial<Scenario.Models>
