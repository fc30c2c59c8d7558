/**
 * `proven`: the source itself stated how much there is, and it was all read (a count, a closing marker, one database snapshot).
 * `likely`: it ended cleanly but nothing states the total. `unproven`: it may have been cut short. Only `proven` may lower what it omits.
 */
export type Completeness = 'proven' | 'likely' | 'unproven';
