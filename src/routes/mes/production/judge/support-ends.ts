/**
 * When the community stops mending each major version of PostgreSQL.
 * Source: https://www.postgresql.org/support/versioning/, as known when this version was made.
 */
export const SUPPORT_ENDS: Readonly<Record<number, string>> = {
  10: '2022-11-10',
  11: '2023-11-09',
  12: '2024-11-21',
  13: '2025-11-13',
  14: '2026-11-12',
  15: '2027-11-11',
  16: '2028-11-09',
  17: '2029-11-08',
  18: '2030-11-14',
}
