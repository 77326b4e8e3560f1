// The web application in a real browser. `make browser` installs what this needs and runs it.
//
// Screenshots of every page, light and dark, of a desktop and of a phone, go to screenshots/ beside this file.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { chromium } from 'playwright-core'

const here = import.meta.dirname
const root = join(here, '../../..')
const patience = 20_000 // milliseconds, for what takes an idle machine a few
const desktop = { viewport: { width: 1280, height: 800 } }
const phone = {
  viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
  userAgent: 'Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36',
}

let folder, ring, app, browser
const violations = []

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'webapp'))
  ring = join(folder, 'ring.json')
  execFileSync('go', ['build', '-o', folder + '/', './examples/webapp', './cmd/sealring'], { cwd: root, stdio: 'inherit' })
  sealring('keys', 'new', ring, '--id=first')
  app = await start('--ring', ring, '--ring-interval', '200ms')
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
})

after(async () => {
  await browser?.close()
  await app?.stop()
  if (folder) rmSync(folder, { recursive: true })
})

afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close()
  assert.deepEqual(violations.splice(0), [], 'the browser refused something that the pages have')
})

function sealring(...args) {
  return execFileSync(join(folder, 'sealring'), args, { encoding: 'utf8' })
}

// start runs the web application on a port of its own, and returns its address, its log, and what ends it.
async function start(...args) {
  const child = spawn(join(folder, 'webapp'), ['--listen', '127.0.0.1:0', ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise(resolve => child.on('exit', resolve))
  const server = { log: '', stop: () => (child.kill('SIGTERM'), ended) }
  child.stderr.on('data', data => { server.log += data })
  await until(() => /url=\S+/.test(server.log), () => server.log)
  server.url = server.log.match(/url=(\S+)/)[1]
  return server
}

async function until(condition, describe) {
  for (const end = Date.now() + patience; !condition(); await new Promise(resolve => setTimeout(resolve, 20))) {
    assert.ok(Date.now() < end, `did not happen in time: ${condition}\n${describe?.()}`)
  }
}

// open returns a page of a browser that nobody has used before.
async function open(options = desktop) {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(patience)
  const page = await context.newPage()
  page.on('console', message => { if (/Content.Security.Policy/i.test(message.text())) violations.push(message.text()) })
  return page
}

async function signIn(page, user = 'anna', password = 'correct horse') {
  await page.goto(app.url + '/')
  await page.getByLabel('User').fill(user)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const at = (page, path) => page.waitForURL(url => url.pathname === path)

async function isSignedIn(page) {
  const response = await page.goto(app.url + '/profile')
  assert.equal(response.status(), 200)
  return new URL(page.url()).pathname === '/profile'
}

async function cookie(page) {
  const cookies = await page.context().cookies()
  return cookies.find(c => c.name === '__Host-session')
}

// putCookie changes the value of the session's cookie, as somebody can who has the browser.
const putCookie = (page, value) => page.context().addCookies([
  { name: '__Host-session', value, domain: '127.0.0.1', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' },
])

// shoot takes the screenshots of a page.
async function shoot(page, name) {
  const size = page.viewportSize().width < 600 ? 'phone' : 'desktop'
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(here, 'screenshots', `${name}-${size}-${colorScheme}.png`), fullPage: true })
  }
  await page.emulateMedia({ colorScheme: null })
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.equal(overflow, 0, `${name} scrolls sideways`)
}

test('a wrong password, then the right one, with the keyboard alone', async () => {
  const page = await open()
  await signIn(page, 'anna', 'battery staple')
  await page.getByRole('alert').waitFor()
  assert.equal(await page.getByLabel('User').inputValue(), 'anna')
  assert.equal(await cookie(page), undefined)
  await shoot(page, 'refused')

  await page.getByLabel('User').focus()
  await page.keyboard.press('Tab')
  await page.keyboard.type('correct horse')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Hello, Anna Weber' }).waitFor()
  const c = await cookie(page)
  assert.deepEqual([c.secure, c.httpOnly, c.sameSite, c.path, c.domain], [true, true, 'Lax', '/', '127.0.0.1'])
})

test('the profile is kept in the session', async () => {
  const page = await open()
  await signIn(page)
  await at(page, '/profile')
  await page.getByLabel('Display name').fill('Änne <b>& Co</b>')
  await page.getByRole('radio', { name: 'dark' }).check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('status').getByText('Saved').waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Hello, Änne <b>& Co</b>' }).waitFor()
  assert.ok(await page.getByRole('radio', { name: 'dark' }).isChecked())
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  assert.equal(background, 'rgb(14, 20, 19)', 'the theme does not show')

  await page.getByLabel('Display name').fill('   ')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('alert').getByText('1 to 60 characters').waitFor()
})

test('one device signs another one out', async () => {
  const [mine, theirs] = [await open(), await open(phone)]
  await signIn(mine)
  await at(mine, '/profile')
  await signIn(theirs)
  await at(theirs, '/profile')
  await mine.getByRole('link', { name: 'Devices' }).click()
  const items = mine.getByRole('listitem')
  const other = items.filter({ hasText: 'Chrome on Android' })
  assert.equal(await other.count(), 1)
  assert.equal(await other.getByText('This device').count(), 0)
  assert.equal(await items.filter({ hasText: 'This device' }).filter({ hasText: 'Chrome on Linux' }).count(), 1)

  await other.getByRole('button').click()
  await mine.getByRole('status').getByText('That device is signed out').waitFor()
  assert.equal(await other.count(), 0)
  assert.equal(await isSignedIn(theirs), false)
  assert.equal(await isSignedIn(mine), true)
})

test('signing out, here', async () => {
  const page = await open()
  await signIn(page)
  await at(page, '/profile')
  const { value } = await cookie(page)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('status').getByText('You are signed out').waitFor()
  assert.equal(await cookie(page), undefined)
  // Nor is a copy of the cookie worth anything, or the way back.
  await page.goBack()
  assert.equal(await isSignedIn(page), false)
  await putCookie(page, value)
  assert.equal(await isSignedIn(page), false)
})

test('signing out, everywhere', async () => {
  const [one, two, other] = [await open(), await open(phone), await open()]
  await Promise.all([signIn(one), signIn(two), signIn(other, 'ben', 'battery staple')])
  await Promise.all([one, two, other].map(page => at(page, '/profile')))
  await two.getByRole('link', { name: 'Devices' }).click()
  await two.getByRole('button', { name: 'Sign out everywhere' }).click()
  await two.getByRole('status').getByText('You are signed out').waitFor()
  assert.equal(await isSignedIn(one), false)
  assert.equal(await isSignedIn(two), false)
  assert.equal(await isSignedIn(other), true)
})

test('a cookie in which one character is changed', async () => {
  const page = await open()
  await signIn(page)
  await at(page, '/profile')
  const { value } = await cookie(page)
  for (const i of [0, value.length >> 1, value.length - 1]) {
    await putCookie(page, value.slice(0, i) + (value[i] === 'A' ? 'B' : 'A') + value.slice(i + 1))
    assert.equal(await isSignedIn(page), false, `character ${i}`)
  }
  await putCookie(page, value)
  assert.equal(await isSignedIn(page), true, 'somebody who guesses has signed another user out')
})

test('a key that is rotated in mid-session, and then revoked', async () => {
  const [here, away] = [await open(), await open()]
  for (const page of [here, away]) {
    await signIn(page)
    await at(page, '/profile')
  }
  sealring('keys', 'stage', ring, '--id=second', '--in=0s', '--force')
  await until(() => /generation=2 .*primary=second/.test(app.log), () => app.log)
  assert.equal(await isSignedIn(here), true) // sealed again, with the second key

  sealring('keys', 'revoke', ring, 'first', '--yes')
  await until(() => app.log.includes('generation=3'), () => app.log)
  assert.equal(await isSignedIn(here), true)
  assert.equal(await isSignedIn(away), false, 'its session was sealed with the key that is revoked')
})

test('a form on another port of the same host, to which the browser sends the cookie', async () => {
  const page = await open()
  await signIn(page)
  await at(page, '/profile')
  const site = createServer((_, response) => response.setHeader('Content-Type', 'text/html')
    .end(`<form method="post" action="${app.url}/sign-out-everywhere"><button>Win a prize</button></form>`))
  await new Promise(resolve => site.listen(0, '127.0.0.1', resolve))
  try {
    await page.goto(`http://127.0.0.1:${site.address().port}/`)
    await page.getByRole('button').click()
    await page.getByText('This request came from another site').waitFor()
    assert.equal(await isSignedIn(page), true)
  } finally {
    site.close()
  }
})

test('a store that does not answer', async () => {
  const down = await start('--redis', join(folder, 'no.sock'), '--ring', ring)
  try {
    for (const device of [desktop, phone]) {
      const page = await open(device)
      await page.goto(app.url)
      await signIn(page)
      await at(page, '/profile')
      const before = await cookie(page) // cookies are for all ports of a host
      const response = await page.goto(down.url + '/profile')
      assert.equal(response.status(), 503)
      assert.deepEqual(await cookie(page), before)
      await shoot(page, 'unavailable')
      assert.equal(await isSignedIn(page), true)
    }
  } finally {
    await down.stop()
  }
})

test('screenshots', async () => {
  const userAgents = [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0',
  ]
  for (const device of [desktop, phone]) {
    await Promise.all(userAgents.map(async userAgent => {
      const other = await open({ userAgent })
      await signIn(other, 'ben', 'battery staple')
      await at(other, '/profile')
    }))
    const page = await open(device)
    await page.goto(app.url + '/sign-in')
    await shoot(page, 'sign-in')
    await signIn(page, 'ben', 'battery staple')
    await at(page, '/profile')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('status').waitFor()
    await shoot(page, 'profile')
    await page.goto(app.url + '/devices')
    await shoot(page, 'devices')
    await page.getByRole('button', { name: 'Sign out everywhere' }).click()
    await at(page, '/sign-in')
  }
})
