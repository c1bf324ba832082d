import { Suite } from "@effect-openai/contract-tests"
import type { Change } from "./proxy.js"

/** A fault of a server, and the scenario that detects it. */
export interface Mutation {
  /** What the server does wrong: "returns …". */
  readonly title: string
  /** The ID of a scenario that fails then. */
  readonly scenario: string
  readonly change: Change
}

export const mutation = (title: string, scenario: string, change: Change): Mutation => ({ title, scenario, change })

/** Whether the suite has a scenario. */
export const isScenario = (id: string): boolean => Suite.all.some((scenario) => scenario.id === id)
