import { ServerError } from "@effect-openai/core/Api"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Options } from "../../Emulator.js"
import type { Ids } from "../../Ids.js"
import * as Store from "../../Store.js"
import { freshId, getOrFail, insert, now, takeTurn } from "../documents.js"
import { refused } from "../errors.js"
import * as Documents from "./documents.js"
import { digestOf, keepKey } from "./keys.js"

// The organization of an emulator: its default project, its owner, and the members and keys that its options name.

const rootId = "organization"

const defaults = { owner: { name: "Owner", email: "owner@example.com" } }

type Settings = Pick<Options<any, any>, "apiKeys" | "organization">

/** A member of the organization. */
export const makeUser = (
  { email, name, role }: { readonly name: string; readonly email: string; readonly role: "owner" | "reader" }
) =>
  Effect.gen(function*() {
    const added_at = yield* now
    return yield* insert(Documents.users, freshId("user-"), (id): Documents.User => ({
      id,
      object: "organization.user",
      name,
      email,
      role,
      added_at
    }))
  })

/** Makes a user a member of a project. */
export const join = (project_id: string, { email, id, name }: Documents.User, role: "owner" | "member") =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const user: Documents.ProjectUser = {
      id,
      object: "organization.project.user",
      name,
      email,
      role,
      added_at: yield* now,
      project_id
    }
    yield* store.set(Documents.projectUsers, user)
    return user
  })

export const makeProject = (name: string) =>
  Effect.gen(function*() {
    const created_at = yield* now
    return yield* insert(Documents.projects, freshId("proj_"), (id): Documents.Project => ({
      id,
      object: "organization.project",
      name,
      created_at,
      archived_at: null,
      status: "active"
    }))
  })

/** What there is from the beginning. */
const begin = ({ organization = {} }: Settings) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const found = yield* store.get(Documents.roots, rootId)
    if (Option.isSome(found)) return found.value
    const owner = yield* makeUser({ ...defaults.owner, ...organization.owner, role: "owner" })
    const project = yield* makeProject("Default project")
    yield* join(project.id, owner, "owner")
    for (const { role = "reader", ...user } of organization.users ?? []) {
      yield* join(project.id, yield* makeUser({ ...user, role }), role === "owner" ? "owner" : "member")
    }
    const root: Documents.Root = {
      id: rootId,
      created_at: project.created_at,
      default_project_id: project.id,
      owner_id: owner.id
    }
    yield* store.set(Documents.roots, root)
    return root
  })

/** Keeps the keys of the options, which are the owner's, in the default project. */
const keepConfigured = ({ apiKeys = [] }: Settings, { default_project_id, owner_id }: Documents.Root) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    for (const [index, key] of apiKeys.entries()) {
      const value = Redacted.value(key)
      if (Option.isSome(yield* store.get(Documents.knownKeys, digestOf(value)))) continue
      yield* keepKey(value, {
        name: `Key ${index + 1}`,
        project_id: default_project_id,
        owner: { type: "user", id: owner_id }
      }, true)
    }
  })

/** The organization. It is made with the first request that needs it. */
export class Organization extends Context.Tag("@effect-openai/emulator/internal/Organization")<Organization, {
  readonly root: Effect.Effect<Documents.Root, Store.StoreError>
}>() {}

export const layer = (settings: Settings): Layer.Layer<Organization, never, Store.Store | Ids> =>
  Layer.effect(
    Organization,
    Effect.map(Effect.context<Store.Store | Ids>(), (context) => {
      let known: Documents.Root | undefined
      const store = Context.get(context, Store.Store)
      const make = store.transaction(
        Effect.zipRight(
          takeTurn("organization"),
          Effect.tap(begin(settings), (root) => keepConfigured(settings, root))
        )
      )
      return {
        root: Effect.suspend(() =>
          known === undefined
            ? Effect.tap(Effect.provide(make, context), (root) => {
              known = root
            })
            : Effect.succeed(known)
        )
      }
    })
  )

// -----------------------------------------------------------------------------
// what operations refuse
// -----------------------------------------------------------------------------

const noProject = (id: string): ServerError =>
  new ServerError({ status: 404, message: `The project ${id} was not found`, summary: "The project was not found" })

export const projectOf = (id: string) => getOrFail(Documents.projects, id, noProject)

/** A project that can be used and changed. */
export const activeProject = (id: string) =>
  Effect.filterOrElse(
    projectOf(id),
    ({ status }) => status === "active",
    ({ name }) => refused(`Project ${name} is archived`, null, { summary: "The project is archived" })
  )
