import { BridgeError, connectorErrors } from '../../src/connector/index.ts';

/** A driver that is an optional dependency. @throws BridgeError CONNECTOR_OPTIONS where it is not installed */
export async function driverOf<Driver>(name: string, databases: string, load: () => Promise<Driver>): Promise<Driver> {
  try {
    return await load();
  } catch (cause) {
    throw new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
      message: `The driver for ${databases}, the package \`${name}\`, is not installed.`,
      hint: `Install it beside the bridge: \`npm install ${name}\`.`,
      cause,
    });
  }
}
