/**
 * The rotation and the rollout of one version as a small state machine, to look at every state that they can reach.
 * `O` is the outgoing version, `N` the new one. Whatever two parties do can happen in any order; one step is one call
 * that has an effect. Left out: more than one label move by hand per rotation, and AWSCURRENT moved away and back between
 * the look at the consumers and the disable while a task starts (the look after the disable enables the credential again).
 * An emergency without an accepted outage is a rollout that is stopped and goes on: every phase can die here at any time.
 */
export interface State {
  current: 'O' | 'N';
  retiring: 'O' | 'N' | '-';
  pending: 'N' | 'next' | '-';
  stored: boolean;
  /** What the target accepts. */
  acceptsO: boolean;
  acceptsN: boolean;
  /** What the consumers run on, and whether they come up on `N`. */
  runOn: 'O' | 'N';
  sick: boolean;
  /** How far Secrets Manager's newest try is. */
  rotation: 'begun' | 'stored' | 'installed' | 'started' | 'labelled' | 'over' | 'given up';
  /** A finishSecret that answers no more, and what it does when it wakes. */
  stalled: '-' | 'label' | 'promote';
  turn: 'forward' | 'back';
  rollout: Phase;
  movesByHand: 0 | 1;
  /** An emergency whose outage was accepted: disable first, or only; the rotation that follows moves the consumers. */
  outage: '-' | 'first' | 'only';
  /** Whether `N` was current once: AWSPREVIOUS says so. */
  promoted: boolean;
}

type Phase =
  | ('disable first' | 'wait out first')
  | ('none' | 'await' | 'refresh' | 'wait' | 'gate' | 're-read' | 'disable' | 'health again' | 'destroy' | 'close')
  | ('strip pending' | 'move current' | 'move retiring')
  | ('abandon' | 'wait out' | 'discard')
  | ('retired' | 'rolled back' | 'held' | 'abandoned');

/** Guards of the design; each can be switched off to show that the model sees what it is for. */
export interface Guards {
  gate: boolean;
  storeBeforeTarget: boolean;
  retiringLabel: boolean;
  reRead: boolean;
  /** Going back waits longer than a rotation function can run. */
  waitOut: boolean;
  /** What an abandoned rotation leaves is not discarded while it may be the next one's credential. */
  discardLooksAtPending: boolean;
  /** In an outage that was accepted, consumers that fail bring nothing back. */
  staysDead: boolean;
  /** What was promoted once is never taken for a rotation that never promoted. */
  knowsPromoted: boolean;
}

export const allGuards: Guards = {
  gate: true,
  storeBeforeTarget: true,
  retiringLabel: true,
  reRead: true,
  waitOut: true,
  discardLooksAtPending: true,
  staysDead: true,
  knowsPromoted: true,
};

export const start: State = {
  current: 'O',
  retiring: '-',
  pending: 'N',
  stored: false,
  acceptsO: true,
  acceptsN: false,
  runOn: 'O',
  sick: false,
  rotation: 'begun',
  stalled: '-',
  turn: 'forward',
  rollout: 'none',
  movesByHand: 0,
  outage: '-',
  promoted: false,
};

export interface Step {
  name: string;
  to: State;
  /** A law that this very step breaks. */
  breaks?: string;
}

const atRest: Phase[] = ['none', 'retired', 'rolled back', 'held', 'abandoned'];

/** Everything that can happen next. */
export function stepsFrom(state: State, guards: Guards): Step[] {
  const steps: Step[] = [];
  const can = (name: string, change: Partial<State>, breaks?: string) =>
    steps.push({ name, to: after(state, change), ...(breaks && { breaks }) });
  rotationSteps(state, guards, can);
  rolloutSteps(state, guards, can);
  worldSteps(state, can);
  return steps;
}

function after(state: State, change: Partial<State>): State {
  return { ...state, ...change, promoted: state.promoted || change.current === 'N' };
}

type Can = (name: string, change: Partial<State>, breaks?: string) => void;

function rotationSteps(s: State, guards: Guards, can: Can): void {
  // createSecret lets through what is pending; while another version retires, only its own finishSecret.
  const passes = s.pending === 'N' && (s.retiring === '-' || (s.retiring === s.current && s.stored));
  const first = guards.storeBeforeTarget ? { stored: true } : { acceptsN: true };
  const second = guards.storeBeforeTarget ? { acceptsN: true } : { stored: true };
  if (s.rotation === 'begun' && s.current !== 'N' && passes) can('createSecret', { ...first, rotation: 'stored' });
  if (s.rotation === 'begun' && s.current !== 'N' && s.pending === 'N' && s.retiring !== '-' && !passes)
    can('createSecret refuses', { pending: '-', rotation: 'given up' });
  if (s.rotation === 'begun' && (s.current === 'N' || s.pending !== 'N')) can('nothing to do', { rotation: 'over' });
  if (s.rotation === 'stored' && s.pending === 'N') can('setSecret', { ...second, rotation: 'installed' });
  if (s.rotation === 'installed' && (s.pending === 'N' || s.current === 'N')) {
    can('finishSecret starts', { rotation: 'started', rollout: atRest.includes(s.rollout) ? 'await' : s.rollout });
  }
  const label = guards.retiringLabel ? ('O' as const) : s.retiring;
  if (s.rotation === 'started') {
    if (s.retiring === 'N') can('finishSecret fails', { rotation: 'given up' });
    else can('finishSecret labels', { retiring: label, rotation: 'labelled' });
    can('finishSecret stalls', { rotation: 'begun', stalled: 'label' });
  }
  if (s.rotation === 'labelled') {
    can('finishSecret promotes', { current: 'N', rotation: 'over' });
    can('finishSecret stalls', { rotation: 'begun', stalled: 'promote' });
  }
  if (s.rotation !== 'over' && s.rotation !== 'given up') {
    can('crash, retried', { rotation: 'begun' });
    can('crash, given up', { rotation: 'given up' });
  }
  if (s.stalled === 'label') {
    if (s.retiring === 'N') can('the stalled one fails', { stalled: '-' });
    else can('the stalled one labels', { retiring: label, stalled: 'promote' });
  }
  // Compare-and-swap: from any other version than the outgoing one it fails, which here changes nothing either.
  if (s.stalled === 'promote') can('the stalled one wakes', { stalled: '-', current: 'N' });
}

function rolloutSteps(s: State, guards: Guards, can: Can): void {
  const [keep, retire] = s.turn === 'forward' ? (['N', 'O'] as const) : (['O', 'N'] as const);
  const inPlace = s.current === keep && (s.retiring === retire || !guards.retiringLabel);
  const to = (rollout: Phase, change: Partial<State> = {}) => can(`${s.turn}: ${rollout}`, { ...change, rollout });
  const failed = () => {
    if (s.outage === 'first' && guards.staysDead) return to('held');
    const breaks = s.outage === 'first' && !s.acceptsO ? 'what is compromised stays dead' : undefined;
    can(`${s.turn}: strip pending`, { rollout: 'strip pending', acceptsO: true }, breaks);
  };
  const phases: Partial<Record<Phase, () => void>> = {
    await() {
      if (s.current === 'N') {
        if (s.retiring !== 'O' && guards.retiringLabel) return to('held', { turn: 'forward' });
        return to(s.outage === '-' ? 'refresh' : 'disable first', { turn: 'forward' });
      }
      if (s.retiring === 'N') return to(s.outage === 'only' ? 'wait out first' : 'refresh', { turn: 'back' });
      // It died half way back, or AWSCURRENT was moved back by hand.
      if (guards.knowsPromoted && s.promoted && s.retiring === 'O' && s.pending === '-') return to('move retiring');
      to('abandon');
    },
    'wait out first': () => to('disable first', guards.waitOut ? noRotation : {}),
    'disable first'() {
      if (guards.reRead && !inPlace) return to('held');
      to(s.outage === 'only' ? 'close' : 'refresh', retire === 'O' ? { acceptsO: false } : { acceptsN: false });
    },
    refresh() {
      if (s.turn === 'forward' && s.sick) return failed();
      // Tasks read AWSCURRENT when they start.
      to('wait', { runOn: s.current });
    },
    wait: () => to('gate', s.turn === 'back' && guards.waitOut ? noRotation : {}),
    gate: () => to(!guards.gate || (s.runOn === keep && (s.turn === 'back' || !s.sick)) ? 're-read' : 'held'),
    're-read': () => to(!guards.reRead || inPlace ? 'disable' : 'held'),
    disable() {
      const proven = s.runOn === keep && inPlace;
      const change = retire === 'O' ? { acceptsO: false } : { acceptsN: false };
      can(`${s.turn}: disable`, { ...change, rollout: 'health again' }, proven ? undefined : 'no proof, no revocation');
    },
    'health again': () => (s.turn === 'forward' && s.sick ? failed() : to(inPlace ? 'close' : 'held')),
    close() {
      const label = s.retiring === retire ? ({ retiring: '-' } as const) : {};
      to(s.turn === 'forward' ? 'retired' : 'rolled back', { ...label, outage: '-' });
    },
    'strip pending': () => to('move current', s.pending === 'N' ? { pending: '-' } : {}),
    'move current': () => to('move retiring', { current: 'O' }),
    'move retiring': () => to('refresh', { turn: 'back', retiring: guards.retiringLabel ? 'N' : '-' }),
    abandon: () => to('wait out', s.pending === 'N' ? { pending: '-' } : {}),
    'wait out': () => to('discard', noRotation),
    discard() {
      if (s.current === 'N' || s.retiring === 'N') return to('await');
      const other = s.pending === 'next';
      if (other && guards.discardLooksAtPending) return to('abandoned');
      if (s.promoted && guards.knowsPromoted) return to('held');
      const inUse = s.runOn === 'N' ? 'no proof, no revocation' : undefined;
      const breaks = other ? 'a pending credential is discarded' : inUse;
      can('discard', { acceptsN: false, rollout: 'abandoned', retiring: '-' }, breaks);
    },
    held() {
      to('await');
      // It enables what was disabled: here somebody wants it.
      if (s.current === 'N' && s.retiring === 'O' && (s.acceptsO || s.outage !== '-'))
        can('operator rolls back', { rollout: 'strip pending', acceptsO: true, outage: '-' });
    },
  };
  phases[s.rollout]?.();
  if (!atRest.includes(s.rollout)) can(`${s.rollout} dies`, { rollout: 'held' });
}

/** What a command leaves alone: it is over by itself soon, or must not be cut off. */
const ending: Phase[] = ['strip pending', 'move current', 'move retiring', 'abandon', 'wait out', 'discard', 'close'];

/** A function's time is over: what stalled is dead, and so is a try that had begun. */
const noRotation: Partial<State> = { stalled: '-', rotation: 'over' };

function worldSteps(s: State, can: Can): void {
  can(s.sick ? 'consumers recover' : 'consumers fail on N', { sick: !s.sick });
  const looked = ['re-read', 'disable'].includes(s.rollout) && s.current !== (s.turn === 'forward' ? 'N' : 'O');
  if (!looked) can('a task starts', { runOn: s.current });
  const isOpen = s.rollout === 'held' || !(atRest.includes(s.rollout) || ending.includes(s.rollout));
  if (isOpen && s.outage === '-') {
    can('emergency: disable first', { rollout: 'await', outage: 'first' });
    can('emergency: disable only', { rollout: 'await', outage: 'only' });
  }
  const other = s.current === 'O' ? 'N' : 'O';
  const works = other === 'O' ? s.acceptsO : s.acceptsN;
  // Between the re-read and the disable lie milliseconds: only what was under way already comes in between.
  if (s.movesByHand === 0 && works && s.rollout !== 'disable')
    can('AWSCURRENT moved by hand', { current: other, movesByHand: 1 });
  // The next rotation: Secrets Manager lets it in when nothing else is pending, createSecret when nothing retires. With
  // two names in turn its credential has N's name. (It comes later than a function can run: nothing is stalled any more.)
  const quiet = s.stalled === '-' && ['over', 'given up'].includes(s.rotation);
  if (quiet && (s.pending === '-' || s.pending === s.current) && s.retiring === '-' && !atRest.includes(s.rollout)) {
    const abandoning = ['abandon', 'wait out', 'discard', 'await'].includes(s.rollout);
    const breaks = abandoning || s.movesByHand > 0 ? undefined : 'one open rollout';
    can('the next rotation', { pending: 'next', acceptsN: true, stored: true }, breaks);
  }
}
