import { KeyturnError } from '../core/errors.ts';

/**
 * AWS's cron: minutes, hours, day of month, month, day of week (1 is Sunday), year.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html
 */
const fields = [
  { name: 'minutes', from: 0, to: 59 },
  { name: 'hours', from: 0, to: 23 },
  { name: 'day of month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, words: 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC' },
  { name: 'day of week', from: 1, to: 7, words: 'SUN MON TUE WED THU FRI SAT' },
  { name: 'year', from: 1970, to: 2199 },
] as const;

type Field = (typeof fields)[number];

/** A calendar day as cron sees it. */
interface Day {
  year: number;
  month: number;
  date: number;
  /** 1 is Sunday. */
  weekday: number;
  /** Days in its month. */
  monthLength: number;
}

type DayTest = (day: Day) => boolean;

/** What an expression says: times of day, and which days. */
export interface Cron {
  /** Seconds after midnight, ascending. */
  secondsOfDay: readonly number[];
  years: readonly number[];
  onDay: DayTest;
}

/** @throws InvalidInput saying which field is wrong. */
export function parseCron(expression: string): Cron {
  const texts = expression.trim().toUpperCase().split(/\s+/);
  const [minuteText, hourText, dateText, monthText, weekdayText, yearText] = texts;
  if (texts.length !== 6 || !minuteText || !hourText || !dateText || !monthText || !weekdayText || !yearText) {
    throw invalid(`cron needs six fields (${fields.map(({ name }) => name).join(', ')}), not ${texts.length}`);
  }
  if ((dateText === '?') === (weekdayText === '?')) {
    throw invalid('exactly one of the fields day of month and day of week must be ?');
  }
  const minutes = parseNumbers(minuteText, fields[0]);
  const hours = parseNumbers(hourText, fields[1]);
  const months = new Set(parseNumbers(monthText, fields[3]));
  const onDate = weekdayText === '?' ? parseDate(dateText) : parseWeekday(weekdayText);
  return {
    secondsOfDay: hours.flatMap((hour) => minutes.map((minute) => hour * 3600 + minute * 60)),
    years: parseNumbers(yearText, fields[5]),
    onDay: (day) => months.has(day.month) && onDate(day),
  };
}

function parseDate(text: string): DayTest {
  if (text === 'L') return ({ date, monthLength }) => date === monthLength;
  if (text === 'LW') return (day) => day.date === nearestWorkday(day, day.monthLength);
  const near = /^(\d+)W$/.exec(text);
  if (near) {
    const target = inRange(near[1], fields[2]);
    return (day) => target <= day.monthLength && day.date === nearestWorkday(day, target);
  }
  const dates = new Set(parseNumbers(text, fields[2]));
  return ({ date }) => dates.has(date);
}

function parseWeekday(text: string): DayTest {
  if (text === 'L') return ({ weekday }) => weekday === 7;
  const numbered = wordsToNumbers(text, fields[4]);
  const last = /^(\d+)L$/.exec(numbered);
  if (last) {
    const target = inRange(last[1], fields[4]);
    return ({ weekday, date, monthLength }) => weekday === target && date > monthLength - 7;
  }
  const nth = /^(\d+)#([1-5])$/.exec(numbered);
  if (nth) {
    const target = inRange(nth[1], fields[4]);
    return ({ weekday, date }) => weekday === target && Math.ceil(date / 7) === Number(nth[2]);
  }
  const weekdays = new Set(parseNumbers(text, fields[4]));
  return ({ weekday }) => weekdays.has(weekday);
}

/** The Monday to Friday nearest to `target`, within the same month. */
function nearestWorkday(day: Day, target: number): number {
  const weekday = (((day.weekday - 1 + (target - day.date)) % 7) + 7) % 7;
  if (weekday === 6) return target === 1 ? 3 : target - 1;
  if (weekday === 0) return target === day.monthLength ? target - 2 : target + 1;
  return target;
}

/** Lists, ranges and increments: `1,5-9,0/15`. Ascending. */
function parseNumbers(text: string, field: Field): number[] {
  const found = new Set<number>();
  for (const part of wordsToNumbers(text, field).split(',')) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) throw invalid(`"${text}" is not a value of the field ${field.name}`);
    const [, first, last, step] = match;
    const from = first === undefined ? field.from : inRange(first, field);
    const openEnd = first === undefined || step !== undefined;
    const to = last === undefined ? (openEnd ? field.to : from) : inRange(last, field);
    const by = step === undefined ? 1 : Number(step);
    if (from > to || by < 1) throw invalid(`"${part}" in the field ${field.name} is empty`);
    for (let value = from; value <= to; value += by) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
}

function wordsToNumbers(text: string, field: Field): string {
  if (!('words' in field)) return text;
  return field.words.split(' ').reduce((result, word, index) => result.replaceAll(word, String(index + 1)), text);
}

function inRange(text: string | undefined, field: Field): number {
  const value = Number(text);
  if (value >= field.from && value <= field.to) return value;
  throw invalid(`${text} in the field ${field.name} is not between ${field.from} and ${field.to}`);
}

function invalid(message: string): KeyturnError {
  return new KeyturnError('InvalidInput', message);
}
