import { refusal } from '../refusals.ts';
import type { Handler } from './handler.ts';

export const refreshToken: Handler<'refreshToken'> = ({ refresh_token }, { world, tokens }) => {
  const { rotatesRefreshToken, newTokenEndsOld } = world.switches.values;
  const issued = tokens.issue(refresh_token, { rotate: rotatesRefreshToken, endOthers: newTokenEndsOld });
  if (issued === undefined) return { refused: refusal('refreshToken') };
  return {
    body: {
      access_token: issued.accessToken,
      refresh_token: issued.refreshToken,
      success: true,
      token_type: 'Bearer',
      expires_in: String(tokens.lifetimeSeconds),
    },
    // As captured: JSON under another name.
    contentType: 'text/plain;charset=iso-8859-1',
  };
};

export const healthCheck: Handler<'healthCheck'> = () => ({ body: { status: 'ok' } });
