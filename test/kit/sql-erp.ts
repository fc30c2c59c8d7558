import { randomBytes } from 'node:crypto';
import type { EntityName, Product, StockDocument, StockLevel } from '../../src/connector/index.ts';
import { stockKey } from '../../src/connector/index.ts';
import type { Effect, Fake } from '../../src/kit/index.ts';

export type Cell = string | number | null;

/** A place of its own on a database server, with a user that sees nothing else. */
export interface ErpDatabase {
  readonly dialect: 'postgres' | 'mysql' | 'sqlserver';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** File of the authority that signed the server's certificate, where it encrypts. */
  readonly ca?: string | undefined;
  /** Options for SQL Server alone. */
  readonly sqlserver?: object | undefined;
  /** Of NOTIFY, where the database has such a thing. */
  readonly channel?: string | undefined;
  run(sql: string, values?: readonly Cell[]): Promise<readonly Readonly<Record<string, string | null>>[]>;
  drop(): Promise<void>;
}

export const randomName = (prefix: string) => `${prefix}_${randomBytes(5).toString('hex')}`;

/** An ERP whose tables the connector reads and writes: the same in every dialect. */
class SqlErp implements Fake {
  readonly #db: ErpDatabase;
  #products: string[] = [];
  #stock: string[] = [];
  #documents: string[] = [];
  #edits = 0;
  #failure: 'auth' | 'host' | undefined;

  constructor(db: ErpDatabase) {
    this.#db = db;
  }

  get options() {
    const { dialect, host, port, database, user, password, ca, sqlserver } = this.#db;
    const number = (column: string) => `cast(${column} as char(60))`;
    // As it is where the driver would make a number of JavaScript of it.
    const price = dialect === 'sqlserver' ? 'price' : `${number('price')} as price`;
    return {
      dialect,
      host,
      port: this.#failure === 'host' ? 1 : port,
      database,
      user,
      password: this.#failure === 'auth' ? `${password}-wrong` : password,
      ...(ca === undefined ? {} : { ca }),
      ...(sqlserver === undefined ? {} : { sqlserver }),
      pageSize: 2,
      watch: { everySeconds: 1, ...(this.#db.channel === undefined ? {} : { channel: this.#db.channel }) },
      products: { query: `select id, sku, name, ${price} from product` },
      stock: {
        query: `select s.sku, s.place, coalesce(s.bad, ${number('s.quantity')}) as quantity,
                 (select 1 from trap t where t.entity = 'stock' and s.line > 3) as unused -- two traps: an error
               from stock s`,
        columns: { location: 'place' },
      },
      documents: {
        query: `select d.id, d.kind, d.number, d.date, d.place as location, d.changed_at, l.sku, coalesce(l.bad, ${number('l.quantity')}) as quantity,
                  (select 1 from trap t where t.entity = 'documents' and d.seq > 3) as unused
                from doc d join doc_line l on l.doc = d.seq
                where d.changed_at >= :since order by d.changed_at, d.seq, l.line`,
        cursor: { column: 'changed_at' },
        kinds: { GRN: 'purchase', WOF: 'disposal' },
      },
      write: {
        packing: [
          'update orders set status = :status, packed_at = :at, packer = :by, place = :location where number = :order',
        ],
        stock: ['update figure set quantity = :quantity where sku = :sku and place = :location'],
        note: ['update doc set reference = :reference, note = :text where id = :document'],
      },
    };
  }

  get rows() {
    return { products: this.#products, stock: this.#stock, documents: this.#documents };
  }

  async start(): Promise<this> {
    const mysql = this.#db.dialect === 'mysql';
    const serial = mysql ? 'bigint auto_increment primary key' : 'bigint generated always as identity primary key';
    const time = mysql ? 'datetime(6)' : 'timestamp';
    for (const sql of [
      `create table product (seq ${serial}, id varchar(300), sku varchar(300), name varchar(300), price decimal(40, 12))`,
      `create table stock (line ${serial}, sku varchar(300), place varchar(100), quantity decimal(40, 12), bad varchar(20))`,
      `create table doc (seq ${serial}, id varchar(300), kind varchar(20), number varchar(300), date date, place varchar(100),
         changed_at ${time} not null, reference varchar(100), note varchar(200))`,
      `create table doc_line (line ${serial}, doc bigint not null, sku varchar(300), quantity decimal(40, 12), bad varchar(20))`,
      `create table orders (number varchar(50) primary key, status varchar(20), packed_at varchar(40), packer varchar(50), place varchar(50))`,
      `create table figure (sku varchar(50), place varchar(50), quantity varchar(40), primary key (sku, place))`,
      `create table trap (entity varchar(20))`,
      `create table oto_bridge_applied (operation varchar(64) primary key, applied_at varchar(40) not null)`,
      `insert into orders (number) values ('ORDER-1')`,
      `insert into figure (sku, place) values ('SKU-1', 'MAIN'), ('SKU-2', 'MAIN')`,
    ])
      await this.#db.run(sql);
    for (const [index, name] of ['Shirt', 'Trousers', 'Socks'].entries())
      await this.#addProduct({ id: `P${index + 1}`, sku: `SKU-${index + 1}`, name, price: '49.50' });
    for (const [sku, location, quantity] of [
      ['SKU-1', 'MAIN', '12'],
      // Two lots of one figure.
      ['SKU-2', 'MAIN', '3'],
      ['SKU-2', 'MAIN', '4'],
      ['SKU-2', 'JED', '0'],
      ['SKU-3', 'JED', '-2'],
    ] as const)
      await this.#addStock({ sku, location, quantity });
    for (let index = 1; index <= 5; index += 1)
      await this.#addDocument({ id: `DOC-${index}`, number: `GRN-${index}` }, `2026-11-19 08:00:0${index}`);
    return this;
  }

  async #addProduct({ id = null, sku = null, name = null, price = null }: Nullable<Product>): Promise<string> {
    await this.#db.run('insert into product (id, sku, name, price) values (?, ?, ?, ?)', [id, sku, name, price]);
    const key = id ?? sku ?? '';
    this.#products.push(key);
    return key;
  }

  async #addStock({ sku, location, quantity }: Partial<StockLevel>): Promise<string> {
    const values = [sku ?? null, location ?? null, quantity ?? null];
    await this.#db.run('insert into stock (sku, place, quantity) values (?, ?, ?)', values);
    const key = stockKey(sku ?? '', location ?? '');
    this.#stock.push(key);
    return key;
  }

  async #addDocument(
    { id, number = '', kind, date = '2026-11-19', location = 'MAIN', lines }: Partial<StockDocument>,
    changedAt: string,
  ): Promise<string> {
    const word = kind === 'disposal' ? 'WOF' : 'GRN';
    await this.#db.run('insert into doc (id, kind, number, date, place, changed_at) values (?, ?, ?, ?, ?, ?)', [
      id ?? null,
      word,
      number,
      date,
      location,
      changedAt,
    ]);
    const [made] = await this.#db.run('select max(seq) as seq from doc');
    for (const line of lines ?? [
      { sku: 'SKU-1', quantity: '2' },
      { sku: 'SKU-2', quantity: '1' },
    ])
      await this.#db.run('insert into doc_line (doc, sku, quantity) values (?, ?, ?)', [
        made?.seq ?? null,
        line.sku,
        line.quantity,
      ]);
    const key = id ?? ['', kind ?? 'purchase', number, date.slice(0, 4)].join('/');
    this.#documents.push(key);
    return key;
  }

  async edit(entity: EntityName): Promise<readonly string[]> {
    const keys = await this.#edit(entity);
    if (this.#db.channel !== undefined) await this.#db.run('select pg_notify(?, ?)', [this.#db.channel, entity]);
    return keys;
  }

  async #edit(entity: EntityName): Promise<readonly string[]> {
    this.#edits += 1;
    const n = this.#edits;
    if (entity === 'products') {
      await this.#db.run(`update product set name = ? where id = 'P1'`, [`Shirt ${n}`]);
      return ['P1', await this.#addProduct({ id: `P-NEW-${n}`, sku: `NEW-${n}`, name: 'New', price: '1' })];
    }
    if (entity === 'stock') return [await this.#addStock({ sku: `NEW-${n}`, location: 'MAIN', quantity: '1' })];
    const at = `2026-11-19 09:0${n}:00`;
    await this.#db.run(`update doc set changed_at = ?, note = 'edited' where id = 'DOC-2'`, [at]);
    await this.#db.run(
      `update doc_line set quantity = quantity + 1 where doc = (select seq from doc where id = 'DOC-2')`,
    );
    return ['DOC-2', await this.#addDocument({ id: `DOC-NEW-${n}`, number: `GRN-NEW-${n}` }, at)];
  }

  async remove(entity: EntityName): Promise<readonly string[]> {
    if (entity === 'products') {
      await this.#db.run(`delete from product where id = 'P2'`);
      this.#products = this.#products.filter((key) => key !== 'P2');
      return ['P2'];
    }
    await this.#db.run(`delete from stock where sku = 'SKU-1'`);
    const gone = stockKey('SKU-1', 'MAIN');
    this.#stock = this.#stock.filter((key) => key !== gone);
    return [gone];
  }

  async ties(): Promise<readonly string[]> {
    const [newest] = await this.#db.run('select cast(max(changed_at) as char(26)) as at from doc');
    const at = newest?.at?.trim() ?? '';
    return [
      await this.#addDocument({ id: 'DOC-0A', number: 'GRN-0A' }, at),
      await this.#addDocument({ id: 'DOC-0B', number: 'GRN-0B' }, at),
    ];
  }

  async fail(failure: 'auth' | 'host'): Promise<void> {
    this.#failure = failure;
  }

  get troubles() {
    const { dialect, user } = this.#db;
    return {
      denied: async () => {
        await this.#db.run(
          dialect === 'mysql'
            ? `revoke select on ${this.#db.database}.* from '${user}'@'127.0.0.1'`
            : `revoke select on all tables in schema ${user} from ${user}`,
        );
      },
    };
  }

  async breakOff(entity: EntityName): Promise<void> {
    for (let trap = 0; trap < 2; trap += 1) await this.#db.run('insert into trap values (?)', [entity]);
    if (entity === 'products') await this.#db.run('alter table product drop column price');
  }

  async hostile(entity: EntityName, records: readonly object[]): Promise<void> {
    for (const record of records) {
      if (entity === 'products') await this.#addProduct(record as Partial<Product>);
      else if (entity === 'stock') await this.#addStock(record as Partial<StockLevel>);
      else await this.#addDocument(record as Partial<StockDocument>, '2026-11-19 09:30:00');
    }
  }

  async bad(entity: EntityName): Promise<void> {
    if (entity === 'products')
      await this.#db.run(`insert into product (id, sku, name) values ('BAD', 'BAD', 'no price')`);
    else if (entity === 'stock')
      await this.#db.run(`insert into stock (sku, place, bad) values ('BAD', 'MAIN', 'a dozen')`);
    else {
      await this.#addDocument(
        { id: 'BAD', number: 'BAD', lines: [{ sku: 'A', quantity: '1' }] },
        '2026-11-19 09:40:00',
      );
      this.#documents.pop();
      await this.#db.run(`update doc_line set bad = 'a dozen' where doc = (select seq from doc where id = 'BAD')`);
    }
  }

  async applied(): Promise<readonly Effect[]> {
    const orders = await this.#db.run('select * from orders where status is not null');
    const figures = await this.#db.run('select * from figure where quantity is not null order by sku');
    const notes = await this.#db.run('select id, reference, note from doc where reference is not null');
    return [
      ...orders.map(
        (row): Effect => ({
          name: 'set-packing-status',
          orderId: row.number,
          status: row.status,
          at: row.packed_at,
          by: row.packer,
          location: row.place,
        }),
      ),
      ...(figures.length === 0
        ? []
        : [
            {
              name: 'write-stock' as const,
              lines: figures.map((row) => ({ sku: row.sku, location: row.place, quantity: row.quantity })),
            },
          ]),
      ...notes.map(
        (row): Effect => ({ name: 'note-document', documentId: row.id, reference: row.reference, text: row.note }),
      ),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db.drop();
  }
}

type Nullable<T> = { readonly [K in keyof T]?: T[K] | null };

export async function startSqlErp(db: ErpDatabase): Promise<Fake> {
  return new SqlErp(db).start();
}
