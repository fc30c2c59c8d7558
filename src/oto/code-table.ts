/** What the bridge does about an OTO error code, apart from believing the refusal. */
export type Action =
  /** OTO has not taken the call; the same call may be sent later. */
  | 'rate-limit'
  | 'busy'
  /** The access token is not accepted. */
  | 'login'
  /** The account or token may not use this group of endpoints. */
  | 'pause'
  /** OTO failed in the middle: the call may or may not have had its effect. */
  | 'unknown'
  /** A refusal because something behind OTO failed: the same call may be taken later. */
  | 'passing'
  /** A refusal of what the call says: the same call is refused again. */
  | 'refused';

export interface CodeRow {
  readonly action: Action;
  readonly meaning: string;
  /** How long OTO asks to wait, in milliseconds. */
  readonly waitMs?: number;
}

/**
 * The actions of codes that are no plain refusal. Which codes pass by themselves is read from their wording: no document of OTO says it.
 */
const actions: Readonly<Record<string, Omit<CodeRow, 'meaning'>>> = {
  OTO1009: { action: 'unknown' },
  OTO1015: { action: 'unknown' },
  OTO1080: { action: 'pause' },
  OTO1081: { action: 'unknown' },
  OTO1083: { action: 'login' },
  OTO1084: { action: 'login' },
  OTO1088: { action: 'pause' },
  OTO1105: { action: 'rate-limit', waitMs: 60_000 },
  OTO1114: { action: 'passing' },
  OTO1116: { action: 'passing' },
  OTO1143: { action: 'rate-limit' },
  OTO1150: { action: 'pause' },
  OTO1211: { action: 'busy' },
  OTO1212: { action: 'pause' },
};

/** All codes that OTO publishes, of its API pages (to OTO1049) and its collections of 2025 and 2026; the numbers between are published nowhere. */
const meanings = {
  OTO1001: 'the order id is missing or not valid',
  OTO1002: 'the order does not exist',
  OTO1004: 'no contract with a carrier is available',
  OTO1006: 'not enough credit',
  OTO1009: 'generic failure, also given for wrong types such as a price that is no number',
  OTO1010: 'details are missing',
  OTO1011: 'the order has a shipment already',
  OTO1015: 'database error',
  OTO1016: 'the details of the sender are missing or not valid',
  OTO1021: 'the address of the recipient is missing or not valid',
  OTO1022: 'the city of the recipient is missing or not valid',
  OTO1024: 'the country of the recipient is missing or not valid',
  OTO1029: 'the name of the recipient is missing or not valid',
  OTO1030: 'the phone of the recipient is missing or not valid',
  OTO1049: 'the weight is missing or not valid',
  OTO1063: 'the order id exists already',
  OTO1067: "the order's status allows no update",
  OTO1070: 'the code or name of the pickup location is missing, not valid or used already',
  OTO1071: 'the pickup locations of a split order are not valid',
  OTO1072: 'the order id is used by another part of a split order',
  OTO1073: 'the name of the box is not valid',
  OTO1074: 'the items are missing or not valid',
  OTO1075: 'the request is no valid JSON',
  OTO1077: 'the ZPL label could not be made',
  OTO1079: 'the shipment id is required',
  OTO1080: 'the account may not use this service',
  OTO1081: 'system error',
  OTO1082: "the shipment's status allows no cancellation",
  OTO1083: 'a refresh token is required',
  OTO1084: 'login is required',
  OTO1085: 'the e-mail is missing or not valid',
  OTO1086: 'there is no such user',
  OTO1087: 'the country is missing or not valid',
  OTO1088: 'the token does not allow this action',
  OTO1089: 'the company exists already',
  OTO1090: 'the integration is unknown',
  OTO1091: 'the sales channel could not be registered',
  OTO1092: 'the company could not be registered',
  OTO1093: 'the amount is required',
  OTO1094: 'the name of the store is missing or not valid',
  OTO1095: 'a brand of this name exists already',
  OTO1096: 'the details of the carrier are missing or not valid',
  OTO1097: 'the city is missing or not valid',
  OTO1098: 'latitude or longitude are missing or not valid',
  OTO1099: 'the code of the integration is required',
  OTO1100: 'the brand is unknown or not valid',
  OTO1101: 'the settings are required',
  OTO1102: 'the volumetric rate is missing or not valid',
  OTO1103: "the order's status does not suit the action",
  OTO1104: 'the customer is missing or not valid',
  OTO1105: 'wait one minute before asking again',
  OTO1106: 'whoPays is not valid',
  OTO1107: 'minDate or maxDate are missing or not valid',
  OTO1108: 'the status is required',
  OTO1109: 'the SMS is not valid',
  OTO1110: 'the reason of the hold is missing or not valid',
  OTO1111: 'the configuration of reasons is not valid',
  OTO1112: 'too many order ids in one request',
  OTO1113: 'the shipment does not exist',
  OTO1114: 'the SMS service failed',
  OTO1116: 'the carrier gave no usable answer',
  OTO1117: 'the branch exists already',
  OTO1118: 'the radius is no number',
  OTO1119: 'the type is neither branch nor warehouse',
  OTO1120: 'the account has 10 webhooks already',
  OTO1121: 'the address or method of the webhook is missing',
  OTO1122: 'the address of the webhook is registered already',
  OTO1123: 'the authorizationKey has more than 255 characters',
  OTO1124: 'the secretKey has more than 255 characters',
  OTO1125: 'the id of the webhook is required',
  OTO1126: 'the SKU is missing, unknown or not usable',
  OTO1127: 'the name of the product is required',
  OTO1128: 'the price is required',
  OTO1129: 'the tax amount is required',
  OTO1130: 'the actionType is missing or not valid',
  OTO1131: 'the packingStatus is required',
  OTO1132: 'the quantity is no whole number',
  OTO1133: 'the location code is unknown',
  OTO1134: 'no inventory for this SKU at this location',
  OTO1135: 'the stock is not valid',
  OTO1136: 'the action is missing or not valid',
  OTO1137: 'there is no bin of this name',
  OTO1138: 'the id of the driver is missing or not valid',
  OTO1139: 'the driver was not found',
  OTO1140: 'the driver has no room left',
  OTO1141: 'the PDF was not found',
  OTO1142: 'perPage and page are required',
  OTO1143: 'too many requests',
  OTO1144: 'the custom attributes are not valid',
  OTO1145: 'a list of orders is required',
  OTO1146: 'the name of the integration is missing',
  OTO1147: 'a box of this name exists already',
  OTO1148: 'the unit of a measure is not valid',
  OTO1149: 'the box was not found',
  OTO1150: 'the plan does not include this resource',
  OTO1151: 'the address of the store is missing or not valid',
  OTO1152: 'the code of the sales channel is missing or not valid',
  OTO1153: 'the details of the sales channel are missing or not valid',
  OTO1154: 'a store of this name exists already',
  OTO1155: 'the amount is under the minimum',
  OTO1156: 'no address for the payment could be made',
  OTO1157: 'the pair of product and location must be unique',
  OTO1158: 'a request of an integrator is not open for import or update',
  OTO1159: 'a reverse request is not open for import or update',
  OTO1160: 'a request of an aggregator is not open for import or update',
  OTO1161: 'a request of OTO Flex is not open for import or update',
  OTO1162: 'the update failed',
  OTO1163: "the shipment's status allows no update",
  OTO1164: 'the file could not be uploaded',
  OTO1165: 'the Free plan allows one carrier',
  OTO1166: 'the request for the shipment is not valid',
  OTO1167: 'Free, Starter and Scale have no branches',
  OTO1168: 'the feasibility rules found no carrier',
  OTO1169: 'packageCount does not agree with the boxes',
  OTO1170: 'packageWeight does not agree with the boxes',
  OTO1171: 'the request of the aggregator is closed',
  OTO1172: "the day's range of shipment ids is used up",
  OTO1173: 'there is no carrier of this code',
  OTO1174: 'the bin belongs to another company',
  OTO1175: 'the bin has no inventory of this SKU',
  OTO1176: 'the phone is missing or not valid',
  OTO1177: 'the country code is missing or not valid',
  OTO1178: 'a short address, or city and address, are needed',
  OTO1179: 'more would come back than was bought',
  OTO1180: "the order's status allows no return",
  OTO1181: 'there is no address for this short code',
  OTO1183: 'the short code is required',
  OTO1184: 'there is no address at this place',
  OTO1185: 'no city has a store for collection',
  OTO1186: 'no store for collection was found',
  OTO1187: 'the items came back already',
  OTO1189: 'an order or shipment id is required',
  OTO1190: 'the id or e-mail of the driver is required',
  OTO1191: 'modifiedDate is not valid',
  OTO1192: 'drivers are for orders of OTO Flex only',
  OTO1193: 'the order has no address',
  OTO1194: 'an order has at most 10 boxes',
  OTO1195: 'the split into boxes was taken back',
  OTO1196: 'the weight of a box must be above 0',
  OTO1197: 'an update must keep the number of boxes',
  OTO1208: 'the destination location code was not found',
  OTO1209: 'two boxes have the same id',
  OTO1210: 'latitude and longitude, or a city, are needed',
  OTO1211: 'the order is being processed, ask again soon',
  OTO1212: 'the user is not authorised for this resource',
  OTO1213: 'there is no active return shipment to print',
} as const;

/**
 * Error codes of OTO with their meaning and what may be done. The old small integers are never listed: each endpoint counts its own.
 * A code that is not here is a refusal like any other.
 */
export const otoCodes: Readonly<Record<string, CodeRow>> & { readonly [Code in keyof typeof meanings]: CodeRow } =
  Object.freeze(
    Object.fromEntries(
      Object.entries(meanings).map(([code, meaning]) => [code, { action: 'refused', ...actions[code], meaning }]),
    ) as { [Code in keyof typeof meanings]: CodeRow },
  );

/**
 * Whether sending the same call again can help after an error code.
 * `later`: yes, after a wait. `after-looking`: only when a look at OTO shows that it was not taken. `no`: not before something was changed.
 */
export function repeatHelps(code: string): 'later' | 'after-looking' | 'no' {
  switch (Object.hasOwn(otoCodes, code) ? otoCodes[code]?.action : undefined) {
    case 'rate-limit':
    case 'busy':
    case 'passing':
      return 'later';
    case 'unknown':
      return 'after-looking';
    default:
      return 'no';
  }
}
