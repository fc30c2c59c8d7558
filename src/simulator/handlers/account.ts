import { refusal } from '../refusals.ts';
import type { Handler } from './handler.ts';

export const refreshToken: Handler<'refreshToken'> = ({ refresh_token }, { world, tokens }) => {
  const { rotatesRefreshToken, newTokenEndsOld, parallelRefresh, badRefreshToken } = world.switches.values;
  const how = { rotate: rotatesRefreshToken, endOthers: newTokenEndsOld, again: parallelRefresh };
  const issued = tokens.issue(refresh_token, how);
  if (issued === 'too soon') return { refused: refusal('tooMany') };
  if (issued === 'not accepted') {
    if (badRefreshToken === 'empty403') return { gateway: { status: 403 } };
    if (badRefreshToken === 'gateway401')
      return { gateway: { status: 401, body: { message: 'Unauthorized', code: 401 } } };
    return { refused: refusal('refreshToken') };
  }
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
