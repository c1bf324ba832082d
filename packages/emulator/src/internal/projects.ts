import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { now } from "./documents.js"
import { fromStore, refused } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { changes } from "./organization/audit.js"
import { apiKeys, type Project, projects, projectUsers, serviceAccounts } from "./organization/documents.js"
import { page } from "./organization/lists.js"
import { activeProject, makeProject, Organization, projectOf } from "./organization/organization.js"

export const layer = HttpApiBuilder.group(api, "Projects", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { root } = yield* Organization

    const keepDefault = (id: string, verb: string) =>
      Effect.flatMap(
        root,
        ({ default_project_id }) =>
          id === default_project_id ? refused(`The default project can't be ${verb}.`) : Effect.void
      )

    /** An archived project has no members and no keys. Its keys stay known, so that their calls are refused as its own. */
    const clear = (parent: string) =>
      Effect.gen(function*() {
        for (const { id } of yield* store.find(projectUsers, { project_id: parent })) {
          yield* store.remove(projectUsers, id, parent)
        }
        for (const { id } of yield* store.find(serviceAccounts, { project_id: parent })) {
          yield* store.remove(serviceAccounts, id, parent)
        }
        for (const { id } of yield* store.find(apiKeys, { project_id: parent })) {
          yield* store.remove(apiKeys, id, parent)
        }
      })

    return handlers
      .handle("list-projects", ({ urlParams: { include_archived, ...query } }) =>
        // Without the organization there is no default project.
        fromStore(Effect.zipRight(
          root,
          page(projects, query, { where: include_archived === true ? {} : { status: "active" } })
        )))
      .handle("create-project", ({ payload: { name } }) =>
        changes(Effect.map(Effect.zipRight(root, makeProject(name)), (project) => ({
          result: project,
          events: [{ type: "project.created", id: project.id, payload: { data: { name, title: name } }, project }]
        }))))
      .handle("retrieve-project", ({ path }) =>
        fromStore(projectOf(path.project_id)))
      .handle("modify-project", ({ path, payload: { name } }) =>
        changes(Effect.gen(function*() {
          const project: Project = { ...(yield* activeProject(path.project_id)), name }
          yield* keepDefault(project.id, "modified")
          yield* store.set(projects, project)
          const payload = { changes_requested: { title: name } }
          return { result: project, events: [{ type: "project.updated", id: project.id, payload, project }] }
        })))
      .handle("archive-project", ({ path }) =>
        changes(Effect.gen(function*() {
          const project = yield* projectOf(path.project_id)
          if (project.status === "archived") {
            return { result: project, events: [] }
          }
          yield* keepDefault(project.id, "archived")
          yield* clear(project.id)
          const archived: Project = { ...project, status: "archived", archived_at: yield* now }
          yield* store.set(projects, archived)
          return { result: archived, events: [{ type: "project.archived", id: project.id, project: archived }] }
        })))
  }))
