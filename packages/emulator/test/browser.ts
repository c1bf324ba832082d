import { Effect } from "effect"
import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import type { Page } from "playwright-core"

const chromium = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium"

/** Why tests in a browser are skipped. Undefined where there is a browser. */
export const why = existsSync(chromium)
  ? undefined
  : `there is no browser at ${chromium}; CHROMIUM_PATH names another`

/** Starts a browser. */
export const start = async (...args: ReadonlyArray<string>) => {
  const { chromium: browsers } = await import("playwright-core")
  return browsers.launch({
    executablePath: chromium,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...args
    ]
  })
}

/** A browser, until the scope ends. */
export const launch = (...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(Effect.promise(() => start(...args)), (browser) => Effect.promise(() => browser.close()))

/** Waits in the browser, which has its own clock. */
export const shows = (page: Page, selector: string, text: string) =>
  Effect.promise(() => page.locator(selector).filter({ hasText: text }).first().waitFor())

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js")

/** Something that is wrong with an element. */
interface Violation {
  readonly rule: string
  readonly html: string
}

/** What is wrong with a page for those who do not see it, or use no mouse. */
export const violationsOf = async (
  page: Page,
  rules: ReadonlyArray<string> = []
): Promise<ReadonlyArray<Violation>> => {
  // The page runs no code but its own, so that the checker comes by the browser's own way in.
  await page.evaluate(await readFile(axe, "utf8"))
  return page.evaluate(async (rules) => {
    // @ts-expect-error `axe` is the checker's global.
    const { violations } = await axe.run(rules.length === 0 ? {} : { runOnly: rules })
    return violations.flatMap(({ id, nodes }: { id: string; nodes: ReadonlyArray<{ html: string }> }) =>
      nodes.map(({ html }) => ({ rule: id, html }))
    )
  }, rules)
}

/** The same, in words. */
export const violations = (page: Page, rules: ReadonlyArray<string> = []) =>
  Effect.map(
    Effect.promise(() => violationsOf(page, rules)),
    (all) => all.map(({ html, rule }) => `${rule}: ${html}`)
  )
