import { describe, expect, it } from "@effect/vitest"
import { behaviours, sections } from "./behaviours/index.js"
import { transports } from "./behaviours/transports.js"
import * as Behaviour from "./utils/behaviour.js"
import * as Report from "./utils/report.js"

describe("Behaviours", () => {
  for (const transport of transports) Behaviour.suite(transport, behaviours)

  it("has unique names, and all 24 numbers", () => {
    const titles = behaviours.map(Behaviour.titleOf)
    expect(titles).toHaveLength(new Set(titles).size)
    expect(new Set(behaviours.map(({ number }) => number)))
      .toEqual(new Set(Array.from({ length: 24 }, (_, index) => index + 1)))
  })

  // `npm run behaviours` writes it.
  it("BEHAVIOURS.md lists the results of these tests", async ({ task }) => {
    await expect(Report.render(sections, transports, task.suite!.tasks)).toMatchFileSnapshot("../BEHAVIOURS.md")
  })
})
