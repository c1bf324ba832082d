/**
 * Checks the accessibility of the site that was built, by axe-core in a browser: pages of each kind, on a wide and on a narrow
 * screen, light and dark.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { start, violationsOf } from "../../emulator/test/browser.js"

/** A page of each kind. */
const pages = ["/", "/guide/client/errors", "/cookbook/from-openai", "/reference/core/Batches", "/servers"]

/** The color schemes differ in colors only, and the widths in their layout. */
const screens = [
  { width: 1440, colorScheme: "light", rules: [] },
  { width: 1440, colorScheme: "dark", rules: ["color-contrast"] },
  { width: 390, colorScheme: "light", rules: [] },
  { width: 390, colorScheme: "dark", rules: ["color-contrast"] }
] as const

const origin = "http://site.example"

/** What is wrong with VitePress's theme, and has no option. */
const exceptions = [
  {
    rule: "nested-interactive",
    html: /^<div class="item" role="button"/,
    reason:
      "The title of a group in the sidebar is a button around another one. Both do the same, by mouse and by keyboard."
  },
  {
    rule: "label-content-name-mismatch",
    html: /DocSearch-Button/,
    reason: "The button has the name Search. It also shows its shortcut, which the name does not have."
  }
]

/** The file of an address. */
const fileOf = (folder: string, { pathname }: URL): string => {
  const file = join(folder, pathname.endsWith("/") ? `${pathname}index.html` : pathname)
  return existsSync(file) ? file : `${file}.html`
}

/** What is wrong in a folder with the site, in words. */
export const problemsOf = async (folder: string): Promise<ReadonlyArray<string>> => {
  const browser = await start()
  try {
    const page = await browser.newPage()
    await page.route("**", (route) => {
      const url = new URL(route.request().url())
      return url.origin === origin ? route.fulfill({ path: fileOf(folder, url) }) : route.abort()
    })
    const problems: Array<string> = []
    for (const path of pages) {
      await page.goto(`${origin}${path}`)
      // The first script of the page makes it one that can be used.
      await page.waitForFunction(() => "__vue_app__" in (document.querySelector("#app") ?? {}))
      for (const { colorScheme, rules, width } of screens) {
        await page.setViewportSize({ width, height: 900 })
        await page.emulateMedia({ colorScheme })
        await page.waitForFunction(
          (isDark) => document.documentElement.classList.contains("dark") === isDark,
          colorScheme === "dark"
        )
        for (const { html, rule } of await violationsOf(page, rules)) {
          const isExpected = exceptions.some((one) => one.rule === rule && one.html.test(html))
          if (!isExpected) problems.push(`${path}, ${width} pixels wide, ${colorScheme}: ${rule}: ${html}`)
        }
      }
    }
    return problems
  } finally {
    await browser.close()
  }
}
