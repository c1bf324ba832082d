import { Invites, ProjectRateLimits, Projects, ProjectServiceAccounts, Users } from "@effect-openai/client"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Scenario from "../../Scenario.js"

// Objects of the administration for scenarios. The scope of a scenario deletes them; projects it archives.

export const invite = (email = "user@example.com") =>
  Effect.acquireRelease(
    Invites.create({ email, role: "reader" }),
    ({ id }) => Effect.ignore(Invites.delete({ invite_id: id }))
  )

export const project = (name = "Project") =>
  Effect.acquireRelease(
    Projects.create({ name }),
    ({ id }) => Effect.ignore(Projects.archive({ project_id: id }))
  )

export const serviceAccount = (project_id: string, name = "Service account") =>
  ProjectServiceAccounts.create({ project_id, name })

const present = <A>(what: string, found: A | undefined) =>
  found === undefined
    ? new Scenario.NotApplicable({ because: `the organization has no ${what}` })
    : Effect.succeed(found)

/** A reader of the organization. Users can't be created. */
export const reader = (index: number) =>
  Effect.flatMap(
    Stream.runCollect(Users.list.items({ limit: 100 })),
    (users) => present("such reader", Chunk.toReadonlyArray(users).filter(({ role }) => role === "reader")[index])
  )

/** The IDs of some users of the organization, at least three. */
export const users = Effect.flatMap(
  Users.list({ limit: 100 }),
  ({ data }) =>
    Effect.zipRight(
      Scenario.that("an organization has an owner", data.length > 0, data),
      present("three users", data.length < 3 ? undefined : data.slice(0, 5).map(({ id }) => id))
    )
)

/** The IDs of a project's rate limits. */
export const rateLimits = (project_id: string) =>
  Effect.map(ProjectRateLimits.list({ project_id }), ({ data }) => data.map(({ id }) => id))

/** A rate limit of a project. */
export const rateLimit = (project_id: string, index: number) =>
  Effect.flatMap(
    ProjectRateLimits.list({ project_id }),
    ({ data }) => present("such rate limit", data[index])
  )
