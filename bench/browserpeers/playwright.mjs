// Performs the benchmark's case with Playwright, as often as its input says: a
// line of JSON {"cases", "parallel"} is answered by one with the time of each
// case in ms. One warm browser, a fresh context for each case.
import { createInterface } from 'node:readline';
import { chromium, expect } from '@playwright/test';

const [executable, base] = process.argv.slice(2);
const asRoot = process.getuid() === 0;
const browser = await chromium.launch({ executablePath: executable, chromiumSandbox: !asRoot, args: ['--disable-background-networking'] });

const checkout = async (page) => {
  await page.goto(base + '/');
  await page.getByRole('link', { name: 'Earl Grey, loose leaf' }).click();
  await expect(page.getByRole('heading', { name: 'Earl Grey, loose leaf' })).toBeVisible();
  await page.getByLabel('Quantity').fill('2');
  await page.getByRole('button', { name: 'Add to cart' }).click();
  await expect(page.locator('#cart-count')).toHaveText('2');
  await page.getByRole('link', { name: 'Cart' }).click();
  await expect(page.locator('#total')).toHaveText('24.80');
  await page.getByRole('button', { name: 'One more of Earl Grey' }).click();
  await expect(page.locator('#total')).toHaveText('31.76');
  await page.getByRole('link', { name: 'Go to checkout' }).click();
  await page.getByLabel('Name').fill('Ada Lovelace');
  await page.getByLabel('E-mail').fill('ada@shop.test');
  await page.getByLabel('Country').selectOption({ label: 'Germany' });
  await page.getByLabel('Invoice').check();
  await page.getByLabel('I accept the terms').check();
  await page.getByRole('button', { name: 'Pay' }).click();
  await expect(page.getByRole('heading', { name: 'Thanks' })).toBeVisible();
  await expect(page.locator('#total')).toHaveText('31.76');
};

const one = async () => {
  const began = performance.now();
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  try {
    await checkout(await context.newPage());
  } finally {
    await context.close();
  }
  return performance.now() - began;
};

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const { cases, parallel } = JSON.parse(line);
  const took = [];
  let left = cases;
  const worker = async () => {
    while (left-- > 0) took.push(await one());
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  console.log(JSON.stringify({ took }));
}
await browser.close();
