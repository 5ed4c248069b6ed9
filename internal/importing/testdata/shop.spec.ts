import { test, expect, type Page } from '@playwright/test';

// What most tests are made of, and some of what none of ours can be.
const HOME = 'https://shop.test/';

test.use({ locale: 'da-DK' });

test.beforeEach(async ({ page }) => {
  await page.goto(HOME);
});

test.describe('the shop', () => {
  test('buys "tea" @smoke', async ({ page }) => {
    const row = page.getByRole('listitem').filter({ hasText: 'Earl Grey' });
    await row.getByRole('button', { name: /buy/i }).click();
    await page.getByLabel('Email', { exact: true }).fill("ada@shop.test");
    await page.getByLabel('Password').fill(process.env.PASSWORD!);
    await page.getByPlaceholder('Search').press('Enter');
    await page.locator('#country').selectOption('DK');
    await page.locator('#size').selectOption({ label: 'Large' });
    await page.getByRole('checkbox', { name: 'I agree' }).check();
    await page.frameLocator('#card').getByLabel('Number').pressSequentially('4242');
    await page.getByTestId('pay').first().click({ button: 'right', modifiers: ['Shift'], timeout: 5_000 });
    await page.click('text=More');
    await page.keyboard.press('Control+A');
    if (process.env.CI) {
      await page.click('#never');
    }
    const total = await page.locator('.total').textContent();
    await page.evaluate(() => window.scrollTo(0, 0));
    await expect(page).toHaveURL(/\/thanks\?id=\d+/);
    await expect(page.getByText('Thanks')).toBeVisible();
    await expect(page.getByText('Error')).not.toBeVisible({ timeout: 1000 });
    await expect(page.locator('h1')).toHaveText('Thanks, ' + 'Ada');
    await expect(page.locator('h1'))
      .toContainText("Ada's ${{ x }}");
    await expect(row).toHaveCount(2);
    await expect(page.getByRole('link')).toHaveAttribute('href', '/terms');
    expect(total).toBe('3');
  });

  test('searches', async ({ page }) => {
    await test.step('type', async () => {
      await page.getByRole('searchbox').fill(`tea`);
    });
    const answer = await page.goto('/search');
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.getByText('Open').click()]);
    await page.waitForURL('**/search');
    await page.goto('/basket'); await expect(page).toHaveTitle('Basket');
  });

  test.skip('later', async ({ page }) => { await page.goto('/later'); });
});

async function helper(page: Page) {
  await page.goto('/helper');
}
