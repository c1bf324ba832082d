/**
 * What the server requires. Three modules implement it: over this library's client, over `@effect/ai`, and over the official
 * SDK.
 */
import { Context, type Effect } from "effect"
import type { CreateHelpdesk, Helpdesk, HelpdeskNotFound, HelpdeskUnavailable, Reply } from "./Api.js"

export class Helpdesks extends Context.Tag("Helpdesks")<Helpdesks, {
  readonly create: (helpdesk: CreateHelpdesk) => Effect.Effect<Helpdesk, HelpdeskUnavailable>
  readonly list: Effect.Effect<ReadonlyArray<Helpdesk>, HelpdeskUnavailable>
  readonly get: (id: string) => Effect.Effect<Helpdesk, HelpdeskNotFound | HelpdeskUnavailable>
  readonly remove: (id: string) => Effect.Effect<void, HelpdeskNotFound | HelpdeskUnavailable>
  readonly ask: (id: string, question: string) => Effect.Effect<Reply, HelpdeskNotFound | HelpdeskUnavailable>
}>() {}

/** The workshop, which a model can ask about a repair. */
export class Repairs extends Context.Tag("Repairs")<Repairs, {
  readonly status: (ticket: string) => Effect.Effect<string>
}>() {}

export const instructions = "Reply from the handbook. If the handbook does not cover a question, say so."
